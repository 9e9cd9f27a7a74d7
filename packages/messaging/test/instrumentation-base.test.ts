import { metrics } from '@opentelemetry/api';
import { telemetry, type MetricPoint } from '@queuetrace/test-utils';
import assert from 'node:assert/strict';
import { kafka, MessagingInstrumentation, type KafkaMessage, type MessagingConfig } from '../src';

/** A client of a made-up library, in the few lines that a client takes. */
class ToyInstrumentation extends MessagingInstrumentation<KafkaMessage> {
  constructor(config?: MessagingConfig) {
    super('@queuetrace/instrumentation-toy', '0.0.0', config);
  }

  protected get client() {
    return { name: 'toy', system: kafka };
  }

  modules() {
    return [];
  }

  send<T>(topic: string, call: () => T): T {
    const operation = { name: 'send', destination: { name: topic }, messages: [{ value: 'x' }], isBatch: true };
    return this.telemetry.observes(topic) ? this.telemetry.send(operation, call) : call();
  }
}

/** What is counted of one system is counted in one place: a test that fills it up has a system to itself. */
function toyWithSystem(name: string, config: MessagingConfig): ToyInstrumentation {
  const client = { name: 'toy', system: { ...kafka, name } };
  class OtherToyInstrumentation extends ToyInstrumentation {
    protected override get client() {
      return client;
    }
  }
  telemetry.expectConventionErrors(/(known|unknown) system/);
  return new OtherToyInstrumentation(config);
}

const total = (points: readonly MetricPoint[]) => points.reduce((sum, { value }) => sum + value, 0);
const isFailedOne = ({ attributes }: MetricPoint) =>
  attributes['error.type'] !== undefined && attributes['otel.metric.overflow'] === undefined;

async function sentTo(topic: string): Promise<number> {
  const points = await telemetry.metric('messaging.client.sent.messages');
  return total(points.filter(({ attributes }) => attributes['messaging.destination.name'] === topic));
}

describe('the base of every instrumentation', () => {
  it('keeps its defaults when it is configured anew', () => {
    const toy = new ToyInstrumentation({ maxLinks: 7 });
    toy.setConfig({ producerSpans: 'message' });
    assert.deepEqual([toy.getConfig().maxLinks, toy.getConfig().producerSpans], [128, 'message']);
  });

  it('tells spans and metrics to providers that are set late', async () => {
    const toy = new ToyInstrumentation();
    toy.send('before', () => undefined);
    telemetry.register(toy);
    toy.send('after', () => undefined);
    assert.equal(telemetry.span('send after').attributes['messaging.destination.name'], 'after');
    const points = await telemetry.metric('messaging.client.sent.messages');
    assert.ok(points.some(({ attributes }) => attributes['messaging.destination.name'] === 'after'));
  });

  it('finds a global meter provider that is set when it is at work already', async () => {
    metrics.disable();
    try {
      const toy = new ToyInstrumentation();
      toy.send('early', () => undefined);
      metrics.setGlobalMeterProvider(telemetry.meterProvider);
      assert.equal(await sentTo('early'), 0);
      toy.send('late', () => undefined);
      assert.deepEqual([await sentTo('early'), await sentTo('late')], [1, 1]);
      const durations = await telemetry.metric('messaging.client.operation.duration');
      assert.ok(durations.some(({ attributes }) => attributes['messaging.destination.name'] === 'late'));
    } finally {
      metrics.setGlobalMeterProvider(telemetry.meterProvider);
    }
  });

  it('has counted what was sent before there was a meter, and under another configuration', async () => {
    const toy = new ToyInstrumentation();
    toy.send('counted', () => undefined);
    toy.send('counted', () => undefined);
    telemetry.register(toy);
    assert.equal(await sentTo('counted'), 2);
    toy.setConfig({ maxLinks: 7 });
    toy.send('counted', () => undefined);
    assert.equal(await sentTo('counted'), 3);
    toy.setConfig({ metrics: false });
    toy.send('counted', () => undefined);
    toy.setConfig();
    toy.send('counted', () => undefined);
    assert.equal(await sentTo('counted'), 4);
  });

  it('goes on where an instrumentation that is gone has stopped', async () => {
    const [first] = telemetry.register(new ToyInstrumentation());
    first.send('inherited', () => undefined);
    assert.equal(await sentTo('inherited'), 1);
    first.disable();
    const [second] = telemetry.register(new ToyInstrumentation());
    second.send('inherited', () => undefined);
    assert.equal(await sentTo('inherited'), 2);
  });

  it('has a bounded number of series, whose overflow is summed by the kind of error', async () => {
    const MAX = 50;
    const COUNT = 100_000;
    const [toy] = telemetry.register(toyWithSystem('toy-mq', { maxDestinations: MAX }));
    toy.setConfig({ maxDestinations: MAX, producerPropagation: false });
    const isFailing = (index: number) => index % 10 === 0;
    for (let index = 0; index < COUNT; index++) {
      const call = () => {
        if (isFailing(index)) throw new RangeError('too far');
      };
      const outcome = () => toy.send(`generated-${index}`, call);
      if (isFailing(index)) assert.throws(outcome, RangeError);
      else outcome();
    }
    const points = (await telemetry.metric('messaging.client.sent.messages')).filter(
      ({ attributes }) =>
        attributes['otel.metric.overflow'] === true ||
        String(attributes['messaging.destination.name']).startsWith('generated-'),
    );
    const overflow = points.filter(({ attributes }) => attributes['otel.metric.overflow'] === true);
    assert.equal(points.length - overflow.length, MAX);
    assert.equal(total(points), COUNT);
    const failed = overflow.filter(({ attributes }) => attributes['error.type'] === 'RangeError');
    assert.equal(failed.length, 1);
    assert.equal(overflow.length, 2);
    assert.equal(failed[0].value, COUNT / 10 - points.filter(isFailedOne).length);
    const durations = await telemetry.metric('messaging.client.operation.duration');
    const mine = durations.filter(({ attributes }) => attributes['otel.metric.overflow'] === true);
    assert.equal(mine.length, 2);
  });

  it('has a bounded number of series whatever the errors are called', async () => {
    const [toy] = telemetry.register(toyWithSystem('failing-mq', { maxDestinations: 1 }));
    const COUNT = 1000;
    for (let index = 0; index < COUNT; index++) {
      const error = Object.assign(new Error('x'), { name: `Error${index}` });
      assert.throws(
        () =>
          toy.send('failing', () => {
            throw error;
          }),
        error,
      );
    }
    const points = (await telemetry.metric('messaging.client.sent.messages')).filter(
      ({ attributes }) => attributes['error.type'] !== undefined,
    );
    assert.equal(total(points), COUNT);
    assert.ok(points.length < 110, `${points.length} series`);
    assert.ok(points.some(({ attributes }) => attributes['error.type'] === '_OTHER'));
  });

  it('tells a series once, whatever the caps of those that count in it are', async () => {
    const [first, second] = telemetry.register(
      new ToyInstrumentation({ maxDestinations: 500 }),
      new ToyInstrumentation({ maxDestinations: 700 }),
    );
    first.send('shared', () => undefined);
    second.send('shared', () => undefined);
    assert.equal(await sentTo('shared'), 2);
    assert.equal(await sentTo('shared'), 2);
  });

  it('can be configured anew at any time', () => {
    const toy = new ToyInstrumentation();
    telemetry.register(toy);
    toy.setConfig({ ignoreDestinations: ['health-*'] });
    toy.send('health-check', () => undefined);
    toy.send('orders', () => undefined);
    assert.deepEqual(
      telemetry.spans().map(({ name }) => name),
      ['send orders'],
    );
  });

  it('does not let a hook that throws reach the app', () => {
    const toy = new ToyInstrumentation({
      sendHook: () => {
        throw new Error('hook');
      },
    });
    telemetry.register(toy);
    assert.equal(
      toy.send('orders', () => 'sent'),
      'sent',
    );
    assert.equal(telemetry.spans().length, 1);
  });

  it('sums the series beyond the cap as overflow', async () => {
    const [toy] = telemetry.register(toyWithSystem('busy-mq', { maxDestinations: 10 }));
    for (let n = 0; n < 100; n++) toy.send(`topic-${n}`, () => undefined);
    const points = await telemetry.metric('messaging.client.sent.messages');
    const overflow = points.filter(({ attributes }) => attributes['otel.metric.overflow']);
    assert.deepEqual([points.length, overflow.length, overflow[0].value], [11, 1, 90]);
  });
});
