import { AmqplibInstrumentation } from '@queuetrace/instrumentation-amqplib';
import { linkTo, sendToDeadLetter } from '@queuetrace/messaging';
import { startOtlpReceiver, telemetry, uniqueName, withBroker } from '@queuetrace/test-utils';
import { connect, type ChannelModel, type ConfirmChannel, type ConsumeMessage } from 'amqplib';
import assert from 'node:assert/strict';
import { runPreloaded } from '../preloaded';

describe('what an app says of the messages that it sends', () => {
  const broker = withBroker('rabbitmq');
  telemetry.register(new AmqplibInstrumentation());
  let connection: ChannelModel;
  let channel: ConfirmChannel;

  before(async () => {
    connection = await connect(broker.address, { noDelay: true });
    channel = await connection.createConfirmChannel();
  });
  after(() => connection.close());

  /** Publishes to a new queue, and hands the deliveries to a handler until there were enough. */
  async function consume(count: number, handle: (message: ConsumeMessage, queue: string) => unknown): Promise<string> {
    const { queue } = await channel.assertQueue(uniqueName('work'));
    for (let n = 0; n < count; n++) channel.sendToQueue(queue, Buffer.from(String(n)), { messageId: String(n) });
    const { promise, resolve } = Promise.withResolvers<void>();
    let handled = 0;
    const { consumerTag } = await channel.consume(queue, message => {
      if (!message) return;
      handle(message, queue);
      if (++handled >= count) resolve();
    });
    await promise;
    await channel.cancel(consumerTag);
    return queue;
  }

  it('is a dead letter with its error, wherever it goes, by sendToDeadLetter', async () => {
    const graveyard = (await channel.assertQueue(uniqueName('graveyard'))).queue;
    const queue = await consume(1, message => {
      sendToDeadLetter(new Error('no such address'), () => channel.sendToQueue(graveyard, message.content));
      channel.ack(message);
    });
    await telemetry.waitForSpans(3);
    const { attributes } = telemetry.span(`publish ${graveyard}`);
    assert.equal(attributes['dlq.action'], 'send');
    assert.equal(attributes['dlq.error'], 'no such address');
    assert.equal(attributes['dlq.original_queue'], queue);
    assert.equal(attributes['dlq.retry_count'], 1);
  });

  it('is a dead letter with its error where it is refused, by sendToDeadLetter', async () => {
    const dlq = (await channel.assertQueue(uniqueName('refused.dlq'))).queue;
    const queue = uniqueName('work');
    await channel.assertQueue(queue, { deadLetterExchange: '', deadLetterRoutingKey: dlq });
    channel.sendToQueue(queue, Buffer.from('poison'), { messageId: '1' });
    const over = Promise.withResolvers<void>();
    await channel.consume(queue, message =>
      sendToDeadLetter(new TypeError('no such address'), () => channel.nack(message!, false, false)),
    );
    await channel.consume(dlq, message => {
      channel.ack(message!);
      over.resolve();
    });
    await over.promise;
    await telemetry.waitForSpans(3);
    const refused = telemetry.span(`consume ${queue}`);
    assert.equal(refused.attributes['error.type'], 'TypeError');
    assert.equal(refused.status.message, 'no such address');
    assert.equal(refused.attributes['messaging.rabbitmq.settlement'], 'nack');
    for (const { attributes } of [refused, telemetry.span(`consume ${dlq}`)]) {
      assert.equal(attributes['dlq.error'], 'TypeError: no such address');
      assert.equal(attributes['dlq.retry_count'], 1);
    }
  });

  it('is made of several messages, by linkTo', async () => {
    const summary = (await channel.assertQueue(uniqueName('summary'))).queue;
    const parts: ConsumeMessage[] = [];
    await consume(3, message => {
      parts.push(message);
      channel.ack(message);
    });
    linkTo(parts, () => channel.sendToQueue(summary, Buffer.from('all')));
    const spans = await telemetry.waitForSpans(7);
    const sources = spans.filter(({ name }) => name.startsWith('publish work')).map(span => span.spanContext().spanId);
    const links = telemetry.span(`publish ${summary}`).links;
    assert.deepEqual(
      links.map(({ context }) => context.spanId),
      sources,
    );
    assert.ok(links.every(({ attributes }) => attributes?.['link.type'] === 'fan-out-source'));
  });

  it('is made of messages of any of the clients, by linkTo', async () => {
    const summary = (await channel.assertQueue(uniqueName('summary'))).queue;
    const contextOf = (digits: string) => `00-${'ab'.repeat(16)}-${digits.repeat(8)}-01`;
    const messages = [
      { offset: '7', value: null, headers: { traceparent: Buffer.from(contextOf('01')) } },
      { fields: {}, properties: { headers: { traceparent: contextOf('02') } }, content: Buffer.alloc(0) },
      {
        MessageId: '3',
        ReceiptHandle: '3',
        MessageAttributes: { traceparent: { DataType: 'String', StringValue: contextOf('03') } },
      },
      {
        messageId: '4',
        body: '',
        eventSourceARN: 'arn:aws:sqs:us-east-1:0:work',
        messageAttributes: { traceparent: { dataType: 'String', stringValue: contextOf('04') } },
      },
      { anything: 'else' },
    ];
    linkTo(messages, () => channel.sendToQueue(summary, Buffer.from('all')));
    await telemetry.waitForSpans(1);
    const { links } = telemetry.span(`publish ${summary}`);
    assert.deepEqual(
      links.map(({ context }) => context.spanId.slice(0, 2)),
      ['01', '02', '03', '04'],
    );
  });

  it('is heard by the preload, from the copy of the package that an ES module imports', async () => {
    const receiver = await startOtlpReceiver();
    const queue = uniqueName('work');
    try {
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url };
      const { code, stderr } = await runPreloaded('stories/helpers.mjs', { args: [broker.address, queue], env });
      assert.equal(code, 0, stderr);
      const [refused, dead, note] = [`consume ${queue}`, `consume ${queue}.dlq`, `publish ${queue}.notes`].map(name =>
        receiver.spans().find(span => span.name === name)!,
      );
      assert.deepEqual(
        [refused, dead].map(({ attributes }) => [attributes['dlq.action'], attributes['dlq.error']]),
        ['send', 'archive'].map(action => [action, 'TypeError: no address']),
      );
      assert.ok(note.links.some(({ attributes }) => attributes['link.type'] === 'fan-out-source'));
    } finally {
      await receiver.stop();
    }
  });
});
