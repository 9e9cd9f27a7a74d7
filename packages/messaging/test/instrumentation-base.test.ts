import { telemetry } from '@queuetrace/test-utils';
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

  protected modules() {
    return [];
  }

  send<T>(topic: string, call: () => T): T {
    const operation = { name: 'send', destination: { name: topic }, messages: [{ value: 'x' }], isBatch: true };
    return this.telemetry.observes(topic) ? this.telemetry.send(operation, call) : call();
  }
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
    const toy = new ToyInstrumentation({ maxDestinations: 10 });
    telemetry.register(toy);
    for (let n = 0; n < 100; n++) toy.send(`topic-${n}`, () => undefined);
    const points = await telemetry.metric('messaging.client.sent.messages');
    const overflow = points.filter(({ attributes }) => attributes['otel.metric.overflow']);
    assert.deepEqual([points.length, overflow.length, overflow[0].value], [11, 1, 90]);
  });
});
