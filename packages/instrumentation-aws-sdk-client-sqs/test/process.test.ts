import * as assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { Message } from '@aws-sdk/client-sqs';
import { context, createContextKey, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { SqsInstrumentation } from '@queuetrace/instrumentation-aws-sdk-client-sqs';
import { processMessage } from '@queuetrace/messaging';
import { telemetry, withBroker } from '@queuetrace/test-utils';
import { linkedSpanIds, text, USER_TRACE_ID, withSqs, type Queue } from './sqs';

const tracer = trace.getTracer('test');
const activeSpanId = () => trace.getActiveSpan()?.spanContext().spanId;
/** Work on a message in which nothing asynchronous happens, with a look at the context as a log line has it. */
const look = (message: Message) => message && activeSpanId();
/** The creation context of the nth message. */
const creationId = (index: number) => `${index + 1}`.padStart(16, '0');

describe('processing messages of SQS', () => {
  const broker = withBroker('aws_sqs');
  const [instrumentation] = telemetry.register(new SqsInstrumentation());
  const sqs = withSqs(broker);
  let queue: Queue;

  beforeEach(async () => {
    queue = await sqs.queue();
  });
  afterEach(() => instrumentation.setConfig({}));

  /** Messages with their number as the body, in this order: an answer may have another one. */
  async function received(count: number, given: object = {}): Promise<Message[]> {
    for (let index = 0; index < count; index++) {
      const traceparent = text(`00-${USER_TRACE_ID}-${creationId(index)}-01`);
      await sqs.seed(queue, { MessageBody: String(index), MessageAttributes: { traceparent } });
    }
    const { Messages } = await sqs.client.receiveMessage({ QueueUrl: queue.url, MaxNumberOfMessages: 10, ...given });
    assert.equal(Messages!.length, count);
    return Messages!;
  }
  const processSpans = () => telemetry.spans().filter(({ name }) => name === `process ${queue.name}`);
  const processSpan = () => telemetry.span(`process ${queue.name}`);
  const remove = ({ ReceiptHandle }: Message) => sqs.client.deleteMessage({ QueueUrl: queue.url, ReceiptHandle });
  const bodiesOf = (messages: Message[]) => messages.map(({ Body }) => Number(Body));

  /** Each message had a span of its own, the child of its own context. */
  function assertEachProcessed(messages: Message[], spans: ReadableSpan[], seen: (string | undefined)[]): void {
    const expected = [...messages].map(({ Body }) => creationId(Number(Body)));
    assert.deepEqual(spans.map(span => span.parentSpanContext?.spanId).sort(), expected.sort());
    assert.deepEqual(spans.map(span => span.spanContext().spanId).sort(), [...seen].sort());
    for (const span of spans) {
      assert.equal(span.kind, SpanKind.CONSUMER);
      assert.equal(span.spanContext().traceId, USER_TRACE_ID);
      assert.equal(span.status.code, SpanStatusCode.UNSET);
      assert.ok(linkedSpanIds(span).includes(span.parentSpanContext!.spanId));
    }
  }

  it('S4: makes a process span active for each message of a for…of loop, until the loop goes on', async () => {
    const messages = await received(3);
    const seen: (string | undefined)[] = [];
    const open: number[] = [];
    for (const message of messages) {
      await setImmediate();
      seen.push(activeSpanId());
      open.push(processSpans().length);
      await remove(message);
    }
    assert.equal(activeSpanId(), undefined);
    assert.deepEqual(open, [0, 1, 2]);
    assertEachProcessed(messages, processSpans(), seen);
    const deletes = telemetry.spans().filter(({ name }) => name === `delete ${queue.name}`);
    assert.deepEqual(
      deletes.map(({ parentSpanContext }) => parentSpanContext?.spanId),
      seen,
    );
  });

  it('S4: makes a process span active in each callback of forEach, until its promise settles', async () => {
    const messages = await received(2);
    const seen: (string | undefined)[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    messages.forEach(async () => {
      await setImmediate();
      if (seen.push(activeSpanId()) === 2) resolve();
    });
    await promise;
    await telemetry.waitForSpans(() => processSpans().length === 2);
    assertEachProcessed(messages, processSpans(), seen);
  });

  it('Instana: makes a process span active in each callback of map, by its own context, until its promise settles', async () => {
    const messages = await received(3);
    const seen = await Promise.all(
      messages.map(async message => {
        await remove(message);
        return activeSpanId();
      }),
    );
    assertEachProcessed(messages, processSpans(), seen);
  });

  it('tells a process span with all that is known of its message', async () => {
    const [message] = await received(1);
    await processMessage(message, () => setImmediate());
    const { attributes } = processSpan();
    assert.equal(typeof attributes['messaging.queue_time_ms'], 'number');
    assert.deepEqual(attributes, {
      'messaging.system': 'aws_sqs',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': queue.name,
      'messaging.message.id': message.MessageId,
      'messaging.delivery_count': 1,
      'messaging.queue_time_ms': attributes['messaging.queue_time_ms'],
      'aws.sqs.queue.url': queue.url,
      'cloud.region': 'us-east-1',
      'server.address': sqs.url.hostname,
      'server.port': Number(sqs.url.port),
    });
    const [duration] = await telemetry.metric('messaging.process.duration');
    assert.equal(duration.count, 1);
    const [consumed] = await telemetry.metric('messaging.client.consumed.messages');
    assert.equal(consumed.value, 1);
  });

  it('tells the group and the deduplication id of a FIFO queue, which the app has not asked for', async () => {
    queue = await sqs.queue({ FifoQueue: 'true' }, '.fifo');
    await sqs.seed(queue, { MessageGroupId: 'customer-1', MessageDeduplicationId: 'order-1' });
    const { Messages } = await sqs.client.receiveMessage({ QueueUrl: queue.url });
    processMessage(Messages![0], () => {});
    assert.equal(processSpan().attributes['messaging.aws_sqs.message_group_id'], 'customer-1');
    assert.equal(processSpan().attributes['messaging.aws_sqs.message_deduplication_id'], 'order-1');
    assert.equal(Messages![0].Attributes, undefined);
  });

  it('ends the process span of processMessage with its handler, and with its error', async () => {
    const messages = await received(2);
    assert.equal(await processMessage(messages[0], async ({ Body }) => Body), messages[0].Body);
    const failure = new TypeError('out of stock');
    await assert.rejects(
      processMessage(messages[1], async () => {
        throw failure;
      }),
      failure,
    );
    const [good, bad] = processSpans();
    assert.equal(good.status.code, SpanStatusCode.UNSET);
    assert.equal(bad.status.code, SpanStatusCode.ERROR);
    assert.equal(bad.attributes['error.type'], 'TypeError');
  });

  it('has the error of a callback of map or forEach', async () => {
    const messages = await received(2);
    await assert.rejects(
      Promise.all(
        messages.map(async message => {
          await remove(message);
          throw new RangeError('too many');
        }),
      ),
    );
    await telemetry.waitForSpans(() => processSpans().length === 2);
    assert.deepEqual(
      processSpans().map(({ attributes }) => attributes['error.type']),
      ['RangeError', 'RangeError'],
    );
  });

  it('makes one process span where a helper handles the messages of a loop', async () => {
    const messages = await received(2);
    const seen: (string | undefined)[] = [];
    for (const message of messages) {
      await processMessage(message, async () => {
        await setImmediate();
        seen.push(activeSpanId());
      });
    }
    assertEachProcessed(messages, processSpans(), seen);
  });

  it('keeps the context of the app around a loop: its values, and a link to its span', async () => {
    const key = createContextKey('tenant');
    const [message] = await received(1);
    const worker = tracer.startSpan('worker');
    const ambient = trace.setSpan(context.active().setValue(key, 'acme'), worker);
    const seen = await context.with(ambient, () =>
      Promise.all([message].map(one => processMessage(one, async () => context.active().getValue(key)))),
    );
    worker.end();
    assert.deepEqual(seen, ['acme']);
    assert.deepEqual(linkedSpanIds(processSpan()).sort(), [creationId(0), worker.spanContext().spanId].sort());
  });

  it('brings the baggage of a message to its handler', async () => {
    const MessageAttributes = { baggage: text('tenant=acme') };
    await sqs.seed(queue, { MessageAttributes });
    const { Messages } = await sqs.client.receiveMessage({ QueueUrl: queue.url });
    for (const message of Messages!) {
      await setImmediate();
      assert.equal(propagation.getActiveBaggage()?.getEntry('tenant')?.value, 'acme');
      assert.equal(message.MessageAttributes, undefined);
    }
  });

  it('is the parent of what the loop sends', async () => {
    await received(1).then(async messages => {
      for (const message of messages) {
        await sqs.client.sendMessage({ QueueUrl: queue.url, MessageBody: `again ${message.Body}` });
      }
    });
    assert.equal(telemetry.span(`send ${queue.name}`).parentSpanContext?.spanId, processSpan().spanContext().spanId);
  });

  it('starts nothing for messages that are copied, spread, destructured or looked at', async () => {
    const messages = await received(2);
    const [first] = messages;
    assert.deepEqual([...messages], Array.from(messages));
    assert.equal(messages.indexOf(first), 0);
    assert.deepEqual(bodiesOf(messages).sort(), [0, 1]);
    for (const { Body } of messages) assert.ok(Body);
    await Promise.all(messages);
    await setImmediate();
    assert.deepEqual(processSpans(), []);
    assert.deepEqual(telemetry.activeSpans(), []);
  });

  it('hands out an array that looks like one', async () => {
    const messages = await received(2);
    assert.ok(Array.isArray(messages));
    assert.deepEqual(Object.keys(messages), ['0', '1']);
    assert.deepEqual(structuredClone(messages), JSON.parse(JSON.stringify(messages)));
    assert.equal(messages.filter(({ Body }) => Body === '1').length, 1);
  });

  it('ends a step in which nothing asynchronous happened when its message is deleted', async () => {
    const messages = await received(2);
    const deletes: Promise<unknown>[] = [];
    for (const message of messages) deletes.push(remove(message));
    assert.equal(processSpans().length, 0);
    await Promise.all(deletes);
    assert.equal(processSpans().length, 2);
  });

  it('ends such a step when its message is deleted with others; a failed entry ends nothing', async () => {
    const messages = await received(2);
    const seen: (string | undefined)[] = [];
    for (const message of messages) seen.push(look(message));
    const [first, second] = messages;
    const entry = ({ ReceiptHandle }: Message, Id: string) => ({ Id, ReceiptHandle });
    const Entries = [entry(first, 'a'), { Id: 'b', ReceiptHandle: `none-${second.ReceiptHandle}` }];
    const { Failed } = await sqs.client.deleteMessageBatch({ QueueUrl: queue.url, Entries });
    assert.equal(Failed?.length, 1);
    assert.deepEqual(
      processSpans().map(span => span.spanContext().spanId),
      [seen[0]],
    );
    await sqs.client.deleteMessageBatch({ QueueUrl: queue.url, Entries: [entry(second, 'b')] });
    assertEachProcessed(messages, processSpans(), seen);
  });

  it('ends such a step when its message is given back, with visibility 0; an extension ends nothing', async () => {
    const messages = await received(1);
    for (const message of messages) look(message);
    const [{ ReceiptHandle }] = messages;
    const change = (VisibilityTimeout: number) =>
      sqs.client.changeMessageVisibility({ QueueUrl: queue.url, ReceiptHandle, VisibilityTimeout });
    await change(60);
    assert.equal(processSpans().length, 0);
    await change(0);
    assert.deepEqual(
      processSpan().events.map(({ name, attributes }) => [name, attributes]),
      [['messaging.aws_sqs.visibility_extended', { 'messaging.aws_sqs.visibility_timeout': 60 }]],
    );
  });

  it('an extension while a handler runs is an event of its span', async () => {
    const [message] = await received(1);
    await processMessage(message, async ({ ReceiptHandle }) => {
      await sqs.client.changeMessageVisibility({ QueueUrl: queue.url, ReceiptHandle, VisibilityTimeout: 60 });
      assert.equal(processSpans().length, 0);
    });
    assert.equal(processSpan().events.length, 1);
  });

  /** What makes a message of a finished step visible again soon, where the other ways take ten minutes. */
  const timeouts: Record<string, { processTimeoutMs: number; requested?: number; extended?: number }> = {
    'as the request says': { processTimeoutMs: 600_000, requested: 1 },
    'as the last extension says': { processTimeoutMs: 600_000, requested: 600, extended: 1 },
    'as the option says, where the queue alone knows': { processTimeoutMs: 1 },
  };
  for (const [name, { processTimeoutMs, requested, extended }] of Object.entries(timeouts)) {
    it(`ends such a step when its message is visible again, ${name}`, async () => {
      instrumentation.setConfig({ processTimeoutMs });
      const messages = await received(1, { VisibilityTimeout: requested });
      for (const message of messages) look(message);
      if (extended !== undefined) {
        const [{ ReceiptHandle }] = messages;
        await sqs.client.changeMessageVisibility({ QueueUrl: queue.url, ReceiptHandle, VisibilityTimeout: extended });
      }
      await telemetry.waitForSpans(() => processSpans().length === 1);
    });
  }

  it('tells of a dead letter where it comes from, and of one that is sent again where it began', async () => {
    const deadLetters = await sqs.queue({}, '-dlq');
    const target = await sqs.queue();
    const { Attributes } = await sqs.call<{ Attributes: { QueueArn: string } }>('GetQueueAttributes', {
      QueueUrl: deadLetters.url,
      AttributeNames: ['QueueArn'],
    });
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: Attributes.QueueArn, maxReceiveCount: 1 });
    queue = await sqs.queue({ RedrivePolicy });
    await received(1, { VisibilityTimeout: 0 });
    await sqs.wire(queue);
    const { Messages } = await sqs.client.receiveMessage({ QueueUrl: deadLetters.url, WaitTimeSeconds: 5 });
    for (const { Body } of Messages!) await sqs.client.sendMessage({ QueueUrl: target.url, MessageBody: Body });
    const linksToFirstSend = ({ links }: ReadableSpan) =>
      links.some(
        ({ context, attributes }) =>
          context.spanId === creationId(0) && attributes!['link.type'] === 'original-message',
      );
    const deadLetter = telemetry.span(`process ${deadLetters.name}`);
    assert.equal(deadLetter.attributes['dlq.original_queue'], queue.name);
    assert.equal(deadLetter.attributes['dlq.action'], 'retry');
    assert.ok(linksToFirstSend(deadLetter));

    const again = await sqs.client.receiveMessage({ QueueUrl: target.url, WaitTimeSeconds: 5 });
    for (const message of again.Messages!) {
      await setImmediate();
      assert.equal(message.MessageAttributes, undefined);
    }
    assert.ok(linksToFirstSend(telemetry.span(`process ${target.name}`)));
  });

  it('goes on in what a step has started and not awaited, until its message is deleted', async () => {
    const messages = await received(2);
    const seen: (string | undefined)[] = [];
    const work = async (message: Message) => {
      await setImmediate();
      seen.push(activeSpanId());
      await remove(message);
    };
    const started: Promise<void>[] = [];
    for (const message of messages) started.push(work(message));
    await Promise.all(started);
    assertEachProcessed(messages, processSpans(), seen);
  });

  it('ends the step in which a loop is left, and leaves no context behind', async () => {
    const messages = await received(3);
    const outer = activeSpanId();
    for (const message of messages) {
      await setImmediate(message);
      break;
    }
    assert.equal(activeSpanId(), outer);
    await assert.rejects(async () => {
      for (const message of messages) {
        await setImmediate(message);
        throw new Error('stop');
      }
    });
    assert.equal(activeSpanId(), outer);
    assert.equal(processSpans().length, 1);
  });

  it('is not the parent of the next poll', async () => {
    const messages = await received(2, { MaxNumberOfMessages: 10 });
    await sqs.seed(queue);
    await Promise.all(
      messages.map(async message => {
        await remove(message);
      }),
    );
    await sqs.client.receiveMessage({ QueueUrl: queue.url });
    const receives = telemetry.spans().filter(({ name }) => name === `receive ${queue.name}`);
    assert.deepEqual(
      receives.map(({ parentSpanContext }) => parentSpanContext),
      [undefined, undefined],
    );
  });

  it('makes no span in loops where that is off, but in the helper', async () => {
    instrumentation.setConfig({ loopSpans: false });
    const messages = await received(1);
    for (const message of messages) await remove(message);
    assert.deepEqual(processSpans(), []);
    await processMessage(messages[0], () => setImmediate());
    assert.equal(processSpans().length, 1);
  });

  it('handles a message that nobody has traced without a span', async () => {
    assert.equal(
      processMessage({ Body: 'from elsewhere' }, ({ Body }) => Body),
      'from elsewhere',
    );
    assert.deepEqual(telemetry.spans(), []);
  });
});
