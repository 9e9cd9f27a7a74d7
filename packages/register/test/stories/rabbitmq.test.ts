import { AmqplibInstrumentation } from '@queuetrace/instrumentation-amqplib';
import { telemetry, uniqueName, walkRecorded, withBroker } from '@queuetrace/test-utils';
import { connect, type ChannelModel, type ConfirmChannel, type ConsumeMessage } from 'amqplib';
import assert from 'node:assert/strict';

describe('the story of a RabbitMQ message', () => {
  const broker = withBroker('rabbitmq');
  const [amqplib] = telemetry.register(new AmqplibInstrumentation());
  let connection: ChannelModel;
  let channel: ConfirmChannel;

  before(async () => {
    connection = await connect(broker.address, { noDelay: true });
    channel = await connection.createConfirmChannel();
  });
  after(() => connection.close());

  async function assertQueueWithDeadLetters(queue: string) {
    await channel.assertQueue(`${queue}.dlq`);
    await channel.assertQueue(queue, { deadLetterExchange: '', deadLetterRoutingKey: `${queue}.dlq` });
  }

  async function sumOf(metric: string, destination: string) {
    const points = await telemetry.metric(metric);
    return points
      .filter(({ attributes }) => attributes['messaging.destination.name'] === destination)
      .reduce((sum, { value }) => sum + value, 0);
  }

  /** Handles messages until one of them resolves. */
  async function consumeUntil(queue: string, onMessage: (message: ConsumeMessage, done: () => void) => void) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { consumerTag } = await channel.consume(queue, message => message && onMessage(message, resolve));
    await promise;
    await channel.cancel(consumerTag);
  }

  it('that is refused three times, dead-lettered, and replayed can be walked back to its first send', async () => {
    const queue = uniqueName('shipping');
    await assertQueueWithDeadLetters(queue);
    channel.sendToQueue(queue, Buffer.from('poison'), { messageId: uniqueName('order') });
    let attempts = 0;
    await consumeUntil(queue, (message, done) => {
      attempts += 1;
      channel.nack(message, false, attempts < 3);
      if (attempts === 3) done();
    });
    await consumeUntil(`${queue}.dlq`, (message, done) => {
      channel.sendToQueue(queue, message.content, message.properties);
      channel.ack(message);
      done();
    });
    await consumeUntil(queue, (message, done) => {
      channel.ack(message);
      done();
    });
    await telemetry.waitForSpans(spans => spans.filter(({ name }) => name.startsWith('consume')).length >= 5);

    const walk = walkRecorded(telemetry.spans());
    const [first, second, third, replayed] = telemetry.spans().filter(({ name }) => name === `consume ${queue}`);
    const deadLetter = telemetry.span(`consume ${queue}.dlq`);
    assert.deepEqual(walk.attemptsBefore(deadLetter), [third, second, first]);
    const original = walk.linked(deadLetter, 'original-message');
    assert.equal(original, walk.parent(first));
    assert.equal(original?.parentSpanContext, undefined);
    assert.equal(deadLetter.attributes['dlq.original_queue'], queue);
    assert.equal(deadLetter.attributes['dlq.action'], 'retry');
    assert.deepEqual(
      [first, second, third].map(({ attributes }) => attributes['dlq.action']),
      [undefined, undefined, 'send'],
    );
    assert.equal(third.attributes['dlq.original_queue'], queue);
    assert.equal(third.attributes['dlq.error'], 'nack without requeue');
    assert.equal(third.attributes['dlq.retry_count'], 3);
    assert.ok(!Number.isNaN(Date.parse(String(third.attributes['dlq.timestamp']))));
    assert.match(String(deadLetter.attributes['dlq.error']), /nack without requeue|rejected/);
    assert.ok(!Number.isNaN(Date.parse(String(deadLetter.attributes['dlq.timestamp']))));
    assert.equal(walk.linked(replayed, 'original-message'), original);
    assert.equal(walk.parent(walk.parent(replayed)!), deadLetter);
    assert.equal(walk.linked(replayed, 'previous-attempt'), deadLetter);
    assert.equal(deadLetter.attributes['dlq.retry_count'], 3);
    assert.deepEqual(
      [first, second, third, deadLetter, replayed].map(({ attributes }) => attributes['messaging.delivery_count']),
      [1, undefined, undefined, undefined, 1],
    );
  });

  it('that is refused and dead-lettered is counted: redelivered, dead-lettered, and no longer in flight', async () => {
    const queue = uniqueName('counted');
    await assertQueueWithDeadLetters(queue);
    channel.sendToQueue(queue, Buffer.from('poison'), { messageId: uniqueName('order') });
    let attempts = 0;
    const inFlight: number[] = [];
    await consumeUntil(queue, async (message, done) => {
      attempts += 1;
      inFlight.push(await sumOf('messaging.client.inflight.messages', queue));
      channel.nack(message, false, attempts < 3);
      if (attempts === 3) done();
    });
    await consumeUntil(`${queue}.dlq`, (message, done) => {
      channel.ack(message);
      done();
    });
    await telemetry.waitForSpans(5);
    assert.deepEqual(inFlight, [1, 1, 1]);
    assert.equal(await sumOf('messaging.client.inflight.messages', queue), 0);
    assert.equal(await sumOf('messaging.client.redelivered.messages', queue), 2);
    assert.equal(await sumOf('messaging.client.dead_lettered.messages', `${queue}.dlq`), 1);
    // Where nobody consumes dead letters, they are seen all the same.
    assert.equal(await sumOf('messaging.client.dead_lettered.messages', queue), 1);
    assert.equal(await sumOf('messaging.client.consumed.messages', queue), 3);
  });

  it('that comes back through a delay queue is a retry and no dead letter', async () => {
    const queue = uniqueName('work');
    const delay = uniqueName('delay');
    await channel.assertQueue(queue, { deadLetterExchange: '', deadLetterRoutingKey: delay });
    await channel.assertQueue(delay, { deadLetterExchange: '', deadLetterRoutingKey: queue, messageTtl: 20 });
    channel.sendToQueue(queue, Buffer.from('x'), { messageId: uniqueName('order') });
    let attempts = 0;
    await consumeUntil(queue, (message, done) => {
      attempts += 1;
      if (attempts < 3) return channel.nack(message, false, false);
      channel.ack(message);
      done();
    });
    const spans = await telemetry.waitForSpans(4);
    const [first, second, third] = spans.filter(({ name }) => name.startsWith('consume'));
    assert.deepEqual(walkRecorded(spans).attemptsBefore(third), [second, first]);
    assert.deepEqual(
      [first, second, third].map(({ attributes }) => [attributes['dlq.original_queue'], attributes['dlq.action']]),
      Array(3).fill([undefined, undefined]),
    );
    assert.deepEqual(
      [first, second, third].map(({ attributes }) => attributes['messaging.delivery_count']),
      [1, 2, 3],
    );
    // The wait in the delay queue is not the queue time of a first delivery.
    assert.equal(third.attributes['messaging.queue_time_ms'], undefined);
  });

  for (const isDeclaredHere of [true, false]) {
    const where = isDeclaredHere ? 'bound here' : 'once it has come back';
    it(`that comes back through an exchange and a queue of any name is no dead letter, ${where}`, async () => {
      const [queue, holding] = [uniqueName('work'), uniqueName('holding')];
      const exchange = `${queue}.refused`;
      await channel.assertExchange(exchange, 'direct');
      await channel.assertQueue(queue, { deadLetterExchange: exchange, deadLetterRoutingKey: 'later' });
      if (!isDeclaredHere) amqplib.disable();
      await channel.assertQueue(holding, { deadLetterExchange: '', deadLetterRoutingKey: queue, messageTtl: 20 });
      await channel.bindQueue(holding, exchange, 'later');
      amqplib.enable();
      channel.sendToQueue(queue, Buffer.from('x'), { messageId: uniqueName('order') });
      let attempts = 0;
      await consumeUntil(queue, (message, done) => {
        attempts += 1;
        if (attempts < 3) return channel.nack(message, false, false);
        channel.ack(message);
        done();
      });
      const spans = await telemetry.waitForSpans(4);
      const refused = spans.filter(({ name }) => name === `consume ${queue}`);
      const actions = refused.map(({ attributes }) => attributes['dlq.action']);
      // Nobody here knows at first where the exchange leads to.
      assert.deepEqual(actions, [isDeclaredHere ? undefined : 'send', undefined, undefined]);
      assert.equal(await sumOf('messaging.client.dead_lettered.messages', queue), isDeclaredHere ? 0 : 1);
    });
  }

  it('that has waited until it expired is a dead letter where those go, and else has come in time', async () => {
    const [later, reminders] = [uniqueName('later'), uniqueName('reminders')];
    for (const target of [reminders, `${reminders}.dlq`]) {
      const waiting = `${later}.${target}`;
      await channel.assertQueue(target);
      await channel.assertQueue(waiting, { deadLetterExchange: '', deadLetterRoutingKey: target, messageTtl: 10 });
      channel.sendToQueue(waiting, Buffer.from('x'));
      await consumeUntil(target, (message, done) => {
        channel.ack(message);
        done();
      });
    }
    await telemetry.waitForSpans(4);
    const [reminded, dead] = [reminders, `${reminders}.dlq`].map(queue => {
      const span = telemetry.spans().find(({ name }) => name === `consume ${queue}`);
      return ['dlq.original_queue', 'dlq.error', 'dlq.action'].map(name => span?.attributes[name]);
    });
    assert.deepEqual(reminded, Array(3).fill(undefined));
    assert.deepEqual(dead, [`${later}.${reminders}.dlq`, 'expired', 'archive']);
    assert.equal(await sumOf('messaging.client.dead_lettered.messages', reminders), 0);
  });

  it('that is refused is known to become a dead letter where one has come before, whoever declared the queue', async () => {
    const queue = uniqueName('foreign');
    amqplib.disable();
    await assertQueueWithDeadLetters(queue);
    amqplib.enable();
    for (let round = 0; round < 2; round++) {
      channel.sendToQueue(queue, Buffer.from('poison'));
      for (const from of [queue, `${queue}.dlq`]) {
        await consumeUntil(from, (message, done) => {
          if (from === queue) channel.reject(message, false);
          else channel.ack(message);
          done();
        });
      }
    }
    await telemetry.waitForSpans(6);
    const refused = telemetry.spans().filter(({ name }) => name === `consume ${queue}`);
    assert.deepEqual(
      refused.map(({ attributes }) => attributes['dlq.action']),
      [undefined, 'send'],
    );
  });

  it('that is forgotten, where too many fail at once, is counted as such', async () => {
    amqplib.setConfig({ maxRememberedDeliveries: 1 });
    const { queue } = await channel.assertQueue(uniqueName('many'));
    for (const messageId of ['1', '2', '3']) channel.sendToQueue(queue, Buffer.from('x'), { messageId });
    let deliveries = 0;
    await consumeUntil(queue, (message, done) => {
      if (message.fields.redelivered) channel.ack(message);
      else channel.nack(message);
      if (++deliveries === 6) done();
    });
    amqplib.setConfig({});
    await telemetry.waitForSpans(9);
    const [{ value, attributes }] = await telemetry.metric('messaging.client.memory.dropped');
    assert.equal(attributes['messaging.client.memory'], 'attempts');
    const linked = telemetry.spans().filter(span => walkRecorded([span]).isLinked(span, 'previous-attempt'));
    assert.equal(linked.length + value, 3);
  });

  it('that a dead-letter consumer settles without publishing it is archived, also where it sends something else', async () => {
    const queue = uniqueName('invoices');
    await assertQueueWithDeadLetters(queue);
    channel.sendToQueue(queue, Buffer.from('x'));
    await consumeUntil(queue, (message, done) => {
      channel.reject(message, false);
      done();
    });
    const { queue: alerts } = await channel.assertQueue(uniqueName('alerts'));
    await consumeUntil(`${queue}.dlq`, (message, done) => {
      channel.sendToQueue(alerts, Buffer.from('look at this'));
      channel.ack(message);
      done();
    });
    await telemetry.waitForSpans(4);
    assert.equal(telemetry.span(`consume ${queue}.dlq`).attributes['dlq.action'], 'archive');
    const alert = await channel.get(alerts, { noAck: true });
    assert.ok(alert && !('x-queuetrace-story' in alert.properties.headers!));
  });
});
