import * as assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Message } from '@aws-sdk/client-sqs';
import { context, createContextKey, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { SqsInstrumentation } from '@queuetrace/instrumentation-aws-sdk-client-sqs';
import { runApp, telemetry, withBroker } from '@queuetrace/test-utils';
import * as newest from 'sqs-consumer';
import { Producer } from 'sqs-producer';
import {
  linkedSpanIds,
  text,
  traceparent,
  USER_SPAN_ID,
  USER_TRACEPARENT,
  withSqs,
  attribute,
  type Queue,
} from './sqs';

const tracer = trace.getTracer('test');
const activeSpanId = () => trace.getActiveSpan()?.spanContext().spanId;
const apps = path.join(__dirname, '../../test/apps');

/** The oldest major, in a folder of its own name, as an app has it. */
function loadOldest(): typeof newest {
  const folder = path.join(__dirname, '../oldest');
  const [home] = require.resolve('sqs-consumer-oldest').split(`${path.sep}dist${path.sep}`);
  cpSync(home, path.join(folder, 'node_modules/sqs-consumer'), { recursive: true });
  return createRequire(path.join(folder, 'app.js'))('sqs-consumer') as typeof newest;
}

type Options = Partial<newest.ConsumerOptions>;

const versions = { 'sqs-consumer, the newest': () => newest, 'sqs-consumer, the oldest': loadOldest };
for (const [version, load] of Object.entries(versions)) {
  describe(version, () => {
    const broker = withBroker('aws_sqs');
    const [instrumentation] = telemetry.register(new SqsInstrumentation());
    const sqs = withSqs(broker);
    let queue: Queue;
    let consumers: newest.Consumer[] = [];

    beforeEach(async () => {
      queue = await sqs.queue();
    });
    afterEach(() => {
      for (const consumer of consumers) consumer.stop();
      consumers = [];
      instrumentation.setConfig({});
    });

    function start(options: Options): newest.Consumer {
      const given = { queueUrl: queue.url, sqs: sqs.client, waitTimeSeconds: 0, batchSize: 10, ...options };
      const consumer = load().Consumer.create(given as newest.ConsumerOptions);
      consumers.push(consumer);
      for (const event of ['error', 'processing_error', 'timeout_error'] as const) consumer.on(event, () => {});
      consumer.start();
      return consumer;
    }
    /** Until the messages that are there have been handled, whatever came of it. */
    async function handled(options: Options): Promise<void> {
      const consumer = start(options);
      await new Promise(resolve => consumer.once('response_processed', () => resolve(undefined)));
      for (const consumer of consumers) consumer.stop();
    }
    const spansOf = (name: string) => telemetry.spans().filter(span => span.name === `${name} ${queue.name}`);
    const processSpan = () => telemetry.span(`process ${queue.name}`);
    const parentId = ({ parentSpanContext }: ReadableSpan) => parentSpanContext?.spanId;
    const TRACED = { MessageAttributes: { traceparent: text(USER_TRACEPARENT) } };

    it('makes a process span active in handleMessage, the child of the message and linked to it', async () => {
      await sqs.seed(queue, TRACED);
      const seen: (string | undefined)[] = [];
      await handled({
        handleMessage: async message => {
          seen.push(activeSpanId());
          await setImmediate();
          seen.push(activeSpanId());
          return message;
        },
      });
      const { spanId } = processSpan().spanContext();
      assert.deepEqual(seen, [spanId, spanId]);
      assert.equal(processSpan().kind, SpanKind.CONSUMER);
      assert.equal(parentId(processSpan()), USER_SPAN_ID);
      assert.deepEqual(linkedSpanIds(processSpan()), [USER_SPAN_ID]);
      assert.equal(processSpan().status.code, SpanStatusCode.UNSET);
      assert.deepEqual(spansOf('delete').map(parentId), [spanId]);
    });

    it('Instana: keeps apart messages that are handled at once', async () => {
      for (let index = 0; index < 3; index++) await sqs.seed(queue);
      const seen: (string | undefined)[] = [];
      await handled({
        handleMessage: async message => {
          await setImmediate();
          seen.push(activeSpanId());
          return message;
        },
      });
      const spanIds = spansOf('process').map(span => span.spanContext().spanId);
      assert.ok(spanIds.length > 0);
      assert.deepEqual(seen.sort(), spanIds.sort());
    });

    it('has the error of handleMessage, by its own type', async () => {
      await sqs.seed(queue);
      await handled({
        handleMessage: async () => {
          await setImmediate();
          throw new RangeError('out of stock');
        },
        terminateVisibilityTimeout: true,
      });
      assert.equal(processSpan().status.code, SpanStatusCode.ERROR);
      assert.equal(processSpan().attributes['error.type'], 'RangeError');
      assert.match(processSpan().status.message!, /out of stock$/);
      assert.equal(spansOf('change visibility').length, 1);
      assert.deepEqual(spansOf('delete'), []);
    });

    it('has the error of a handler that took too long', async () => {
      await sqs.seed(queue);
      await handled({ handleMessage: () => new Promise(() => {}), handleMessageTimeout: 1 });
      assert.equal(processSpan().attributes['error.type'], 'TimeoutError');
    });

    it('makes a process span active in handleMessageBatch, linked to its messages, with its error', async () => {
      await sqs.seed(queue, TRACED);
      let seen: string | undefined;
      await handled({
        handleMessageBatch: async () => {
          await setImmediate();
          seen = activeSpanId();
          throw new RangeError('out of stock');
        },
      });
      assert.equal(processSpan().spanContext().spanId, seen);
      assert.equal(parentId(processSpan()), undefined);
      assert.deepEqual(linkedSpanIds(processSpan()), [USER_SPAN_ID]);
      assert.equal(processSpan().attributes['messaging.batch.message_count'], 1);
      assert.equal(processSpan().attributes['error.type'], 'RangeError');
    });

    it('makes a process span for each message in a loop of handleMessageBatch', async () => {
      await sqs.seed(queue, TRACED);
      const seen: (string | undefined)[] = [];
      await handled({
        handleMessageBatch: async messages => {
          for (const message of messages) {
            await setImmediate(message);
            seen.push(activeSpanId());
          }
          return messages;
        },
      });
      const [one, batch] = spansOf('process');
      assert.deepEqual(seen, [one.spanContext().spanId]);
      assert.equal(parentId(one), USER_SPAN_ID);
      assert.deepEqual(linkedSpanIds(one).sort(), [USER_SPAN_ID, batch.spanContext().spanId].sort());
      const [consumed] = await telemetry.metric('messaging.client.consumed.messages');
      assert.equal(consumed.value, 1);
    });

    it('an extension of the visibility while the handler runs is an event and ends nothing', async () => {
      await sqs.seed(queue);
      const { promise, resolve } = Promise.withResolvers<void>();
      const handling = handled({
        visibilityTimeout: 60,
        heartbeatInterval: 0.01,
        handleMessage: async message => {
          await promise;
          return message;
        },
      });
      try {
        await telemetry.waitForSpans(() => spansOf('change visibility').length > 0);
        assert.deepEqual(spansOf('process'), []);
      } finally {
        resolve();
        await handling;
      }
      assert.equal(processSpan().events[0].name, 'messaging.aws_sqs.visibility_extended');
    });

    it('an extension for all messages of handleMessageBatch is one event of its span', async () => {
      await sqs.seed(queue);
      await sqs.seed(queue);
      const { promise, resolve } = Promise.withResolvers<void>();
      const handling = handled({
        visibilityTimeout: 60,
        heartbeatInterval: 0.01,
        handleMessageBatch: async messages => {
          await promise;
          return messages;
        },
      });
      try {
        await telemetry.waitForSpans(() => spansOf('change visibility').length > 0);
        assert.deepEqual(spansOf('process'), []);
      } finally {
        resolve();
        await handling;
      }
      const { events } = processSpan();
      assert.ok(events.length > 0 && events.length <= spansOf('change visibility').length);
      assert.equal(events[0].name, 'messaging.aws_sqs.visibility_extended');
    });

    it('never goes on in the context of whoever has started it', async () => {
      const key = createContextKey('request');
      const seen: unknown[] = [];
      await sqs.seed(queue);
      const request = tracer.startSpan('request');
      await context.with(trace.setSpan(context.active().setValue(key, 'one'), request), () =>
        handled({
          handleMessage: async (message: Message) => {
            seen.push(context.active().getValue(key));
            return message;
          },
        }),
      );
      request.end();
      assert.deepEqual(seen, [undefined]);
      assert.equal(parentId(telemetry.span(`receive ${queue.name}`)), undefined);
      assert.equal(parentId(processSpan()), undefined);
      assert.deepEqual(processSpan().links, []);
    });

    it('makes the same span where there are none in loops', async () => {
      instrumentation.setConfig({ loopSpans: false });
      await sqs.seed(queue, TRACED);
      await handled({
        handleMessage: async () => {
          throw new RangeError('out of stock');
        },
      });
      assert.equal(parentId(processSpan()), USER_SPAN_ID);
      assert.equal(processSpan().attributes['error.type'], 'RangeError');
    });

    it('handles messages as without us where the queue is ignored', async () => {
      instrumentation.setConfig({ ignoreDestinations: ['orders-*'] });
      await sqs.seed(queue);
      await handled({ handleMessage: async message => message });
      assert.deepEqual(telemetry.spans(), []);
      assert.deepEqual(await sqs.wire(queue), []);
    });
  });
}

describe('sqs-consumer whose handler does not give the message back', () => {
  const broker = withBroker('aws_sqs');
  telemetry.register(new SqsInstrumentation());
  const sqs = withSqs(broker);

  it('leaves it to be delivered again: the next attempt is linked to this one', async () => {
    const queue = await sqs.queue();
    await sqs.seed(queue);
    const consumer = newest.Consumer.create({
      queueUrl: queue.url,
      sqs: sqs.client,
      waitTimeSeconds: 0,
      visibilityTimeout: 0,
      handleMessage: async () => undefined,
    });
    const processSpans = () => telemetry.spans().filter(({ name }) => name === `process ${queue.name}`);
    consumer.start();
    try {
      await telemetry.waitForSpans(() => processSpans().length >= 2);
    } finally {
      consumer.stop();
    }
    const [first, second] = processSpans();
    const [{ context, attributes }] = second.links;
    assert.equal(context.spanId, first.spanContext().spanId);
    assert.equal(attributes!['link.type'], 'previous-attempt');
  });
});

describe('sqs-consumer that an app imports as ESM', () => {
  const broker = withBroker('aws_sqs');
  const sqs = withSqs(broker);

  const LOADER = ['--no-warnings', '--experimental-loader', '@opentelemetry/instrumentation/hook.mjs'];
  const starts: Record<string, { app: string; nodeArgs?: string[]; outcome: string }> = {
    'has process spans by its loop over the messages, without their error': { app: 'consumer.mjs', outcome: '' },
    'has the error too, with import()': { app: 'consumer-imported.mjs', outcome: ', RangeError' },
    'has the error too, with import() in CommonJS': { app: 'consumer-imported.cjs', outcome: ', RangeError' },
    'has the error too, with createRequire()': { app: 'consumer-required.mjs', outcome: ', RangeError' },
    'has the error too, with the loader of OpenTelemetry': {
      app: 'consumer.mjs',
      nodeArgs: LOADER,
      outcome: ', RangeError',
    },
  };
  for (const [name, { app, nodeArgs = [], outcome }] of Object.entries(starts)) {
    it(name, async () => {
      const queue = await sqs.queue();
      await sqs.seed(queue);
      const { code, stdout, stderr } = await runApp(path.join(apps, app), {
        nodeArgs: ['--require', path.join(apps, 'preload.cjs'), ...nodeArgs],
        args: [broker.address, queue.url],
      });
      assert.equal(code, 0, stderr);
      assert.deepEqual(stdout.trim().split('\n'), [
        `span: receive ${queue.name} < nothing, 0 links`,
        `span: process ${queue.name} < nothing, 0 links, 1${outcome}`,
      ]);
    });
  }
});

describe('sqs-producer', () => {
  const broker = withBroker('aws_sqs');
  telemetry.register(new SqsInstrumentation());
  const sqs = withSqs(broker);

  it('sends messages that carry the context of their send span', async () => {
    const queue = await sqs.queue();
    const producer = Producer.create({ queueUrl: queue.url, sqs: sqs.client });
    await producer.send(['one', { id: 'two', body: 'two', messageAttributes: { kind: text('order') } }]);
    const span = telemetry.span(`send ${queue.name}`);
    assert.equal(span.attributes['messaging.batch.message_count'], 2);
    const messages = await sqs.wire(queue);
    assert.equal(messages.length, 2);
    for (const message of messages) assert.equal(attribute(message, 'traceparent'), traceparent(span));
  });
});
