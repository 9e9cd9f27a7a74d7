import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { uniqueName, withBroker } from '@queuetrace/test-utils';
import { connect, type Channel, type ChannelModel, type ConfirmChannel, type Message, type Options } from 'amqplib';
import { connect as connectWithCallback } from 'amqplib/callback_api';
import { Cleanup, eventually, until } from './support';

describe('the AMQP broker', () => {
  const broker = withBroker('rabbitmq');
  const cleanup = new Cleanup();
  let connection: ChannelModel;
  let channel: Channel;

  before(async () => {
    connection = await newConnection();
  });

  beforeEach(async () => {
    channel = await newChannel();
  });

  afterEach(() => cleanup.run());

  after(() => connection?.close());

  function newConnection(): Promise<ChannelModel> {
    return connect(broker.address, { noDelay: true });
  }

  /** Closed after the test, unless the broker has done so before. */
  async function newChannel(from = connection): Promise<Channel> {
    const created = await from.createChannel();
    closeLater(created);
    return created;
  }

  async function newConfirmChannel(): Promise<ConfirmChannel> {
    const created = await connection.createConfirmChannel();
    closeLater(created);
    return created;
  }

  function closeLater(created: Channel): void {
    created.on('error', () => {});
    cleanup.add(() => created.close().catch(() => {}));
  }

  async function newQueue(options: Options.AssertQueue = {}): Promise<string> {
    const { queue } = await channel.assertQueue(uniqueName('queue'), options);
    cleanup.add(async () => (await newChannel()).deleteQueue(queue));
    return queue;
  }

  async function newExchange(type: string, options: Options.AssertExchange = {}): Promise<string> {
    const { exchange } = await channel.assertExchange(uniqueName('exchange'), type, options);
    cleanup.add(async () => (await newChannel()).deleteExchange(exchange));
    return exchange;
  }

  const get = (queue: string, from = channel) => eventually(() => from.get(queue, { noAck: true }));
  const text = (message: Message) => message.content.toString();
  const send = (queue: string, content: string, options?: Options.Publish) =>
    channel.sendToQueue(queue, Buffer.from(content), options);
  const publish = (exchange: string, routingKey: string, content: string, options?: Options.Publish) =>
    channel.publish(exchange, routingKey, Buffer.from(content), options);

  async function consume(queue: string, from = channel, options: Options.Consume = {}) {
    const received: Message[] = [];
    const onMessage = (message: Message | null) => void (message && received.push(message));
    const { consumerTag } = await from.consume(queue, onMessage, options);
    return { received, consumerTag };
  }

  /** How the broker closes a channel because of what is done on it. */
  async function closingError(action: (on: Channel) => unknown): Promise<string> {
    const failing = await newChannel();
    const failed = once(failing, 'error');
    await Promise.resolve(action(failing)).catch(() => {});
    const [error] = await failed;
    return error.message;
  }

  describe('connections', () => {
    it('are told that this is RabbitMQ', () => {
      assert.equal(connection.connection.serverProperties.product, 'RabbitMQ');
    });

    it('need the right password', async () => {
      const address = broker.address.replace('guest:guest', 'guest:wrong');
      await assert.rejects(connect(address), /ACCESS_REFUSED/);
    });

    it('need a virtual host that there is', async () => {
      await assert.rejects(connect(`${broker.address}/nowhere`), /Expected ConnectionOpenOk; got <ConnectionClose/);
    });

    it('work with callbacks too', done => {
      const queue = uniqueName('queue');
      connectWithCallback(broker.address, (error, opened) => {
        if (error) return done(error);
        opened.createChannel((_error, created) => {
          created.assertQueue(queue, { exclusive: true });
          created.sendToQueue(queue, Buffer.from('called back'));
          created.consume(queue, message => opened.close(() => done(message ? undefined : new Error('cancelled'))));
        });
      });
    });

    it('give back what was not settled when their socket breaks', async () => {
      const queue = await newQueue();
      const broken = await newConnection();
      broken.on('error', () => {});
      send(queue, 'survivor');
      const { received } = await consume(queue, await broken.createChannel());
      await until(() => received.length === 1);
      (broken.connection as unknown as { stream: Socket }).stream.destroy();
      const message = await get(queue);
      assert.deepEqual([text(message), message.fields.redelivered], ['survivor', true]);
    });

    it('take their exclusive queues with them', async () => {
      const another = await newConnection();
      const { queue } = await (await another.createChannel()).assertQueue('', { exclusive: true });
      await another.close();
      await until(async () => (await closingError(on => on.checkQueue(queue))).includes('NOT_FOUND'));
    });
  });

  describe('messages', () => {
    it('come back with their body and all of their properties', async () => {
      const queue = await newQueue();
      const headers = { traceparent: '00-aa', n: 1, fraction: 1.5, flag: true, nested: { list: [1, 'x'] } };
      const properties = {
        contentType: 'application/json',
        contentEncoding: 'identity',
        headers,
        deliveryMode: 2,
        priority: 3,
        correlationId: 'c1',
        replyTo: 'somewhere',
        expiration: '60000',
        messageId: 'm1',
        timestamp: 1700000000,
        type: 't',
        appId: 'app',
      };
      send(queue, '{"id":1}', properties);
      const message = await get(queue);
      assert.equal(text(message), '{"id":1}');
      const set = Object.entries(message.properties).filter(([, value]) => value !== undefined);
      assert.deepEqual(Object.fromEntries(set), properties);
    });

    it('may be empty', async () => {
      const queue = await newQueue();
      send(queue, '');
      assert.equal((await get(queue)).content.length, 0);
    });

    it('may be larger than a frame', async () => {
      const queue = await newQueue();
      const confirming = await newConfirmChannel();
      const body = Buffer.alloc(2 ** 20, 7);
      confirming.sendToQueue(queue, body);
      await confirming.waitForConfirms();
      assert.ok((await get(queue)).content.equals(body));
    });

    it('tell their consumer where they came from', async () => {
      const [exchange, queue] = [await newExchange('topic'), await newQueue()];
      await channel.bindQueue(queue, exchange, 'order.*');
      publish(exchange, 'order.created', 'x');
      const { received, consumerTag } = await consume(queue);
      await until(() => received.length === 1);
      const where = { exchange, routingKey: 'order.created' };
      assert.deepEqual(received[0].fields, { consumerTag, deliveryTag: 1, redelivered: false, ...where });
    });

    it('are got one by one, with the number of those that are left', async () => {
      const queue = await newQueue();
      send(queue, '1');
      send(queue, '2');
      const message = await get(queue);
      assert.deepEqual([text(message), message.fields.messageCount], ['1', 1]);
      await get(queue);
      assert.equal(await channel.get(queue), false);
    });
  });

  describe('exchanges', () => {
    it('of type direct go by the routing key', async () => {
      const [exchange, queue] = [await newExchange('direct'), await newQueue()];
      await channel.bindQueue(queue, exchange, 'this');
      publish(exchange, 'that', 'lost');
      publish(exchange, 'this', 'found');
      assert.equal(text(await get(queue)), 'found');
    });

    it('of type topic go by patterns', async () => {
      const [exchange, queue] = [await newExchange('topic'), await newQueue()];
      for (const pattern of ['order.*', 'audit.#']) await channel.bindQueue(queue, exchange, pattern);
      const keys = ['order', 'order.a', 'order.a.b', 'audit', 'audit.a.b', 'none'];
      for (const key of keys) publish(exchange, key, key);
      const { received } = await consume(queue);
      await until(() => received.length === 3);
      assert.deepEqual(received.map(text), ['order.a', 'audit', 'audit.a.b']);
    });

    it('of type fanout go to every queue, whatever it is bound by', async () => {
      const exchange = await newExchange('fanout');
      const queues = await Promise.all([1, 2, 3].map(() => channel.assertQueue('', { exclusive: true })));
      for (const { queue } of queues) await channel.bindQueue(queue, exchange, '');
      publish(exchange, 'anything', 'x');
      await Promise.all(queues.map(({ queue }) => get(queue)));
    });

    it('of type headers go by all or any of the headers', async () => {
      const [exchange, all, any] = [await newExchange('headers'), await newQueue(), await newQueue()];
      await channel.bindQueue(all, exchange, '', { 'x-match': 'all', a: '1', b: '2' });
      await channel.bindQueue(any, exchange, '', { 'x-match': 'any', a: '1', b: '2' });
      publish(exchange, '', 'one', { headers: { a: '1' } });
      publish(exchange, '', 'both', { headers: { a: '1', b: '2' } });
      assert.equal(text(await get(all)), 'both');
      assert.deepEqual([text(await get(any)), text(await get(any))], ['one', 'both']);
    });

    it('pass messages on to exchanges that are bound to them', async () => {
      const [source, target, queue] = [await newExchange('topic'), await newExchange('fanout'), await newQueue()];
      await channel.bindExchange(target, source, 'a.#');
      await channel.bindQueue(queue, target, '');
      publish(source, 'a.b', 'passed on');
      assert.equal(text(await get(queue)), 'passed on');
    });

    it('give what nobody wants to their alternate exchange', async () => {
      const [alternateExchange, queue] = [await newExchange('fanout'), await newQueue()];
      const exchange = await newExchange('direct', { alternateExchange });
      await channel.bindQueue(queue, alternateExchange, '');
      publish(exchange, 'unknown', 'unwanted');
      assert.equal(text(await get(queue)), 'unwanted');
    });

    it('put a message only once in a queue that is bound twice', async () => {
      const [exchange, queue] = [await newExchange('topic'), await newQueue()];
      for (const pattern of ['a.*', '#']) await channel.bindQueue(queue, exchange, pattern);
      publish(exchange, 'a.b', 'once');
      assert.equal((await get(queue)).fields.messageCount, 0);
    });

    it('give no more to a queue that is unbound', async () => {
      const [exchange, queue] = [await newExchange('direct'), await newQueue()];
      await channel.bindQueue(queue, exchange, 'key');
      await channel.unbindQueue(queue, exchange, 'key');
      const confirming = await newConfirmChannel();
      confirming.publish(exchange, 'key', Buffer.from('lost'));
      await confirming.waitForConfirms();
      assert.equal(await channel.get(queue), false);
    });
  });

  describe('publishers', () => {
    it('are told of every message that is stored, if they want to', async () => {
      const queue = await newQueue();
      const confirming = await newConfirmChannel();
      let confirmed = 0;
      for (let n = 0; n < 100; n++) {
        confirming.sendToQueue(queue, Buffer.from(String(n)), {}, error => void (error ?? confirmed++));
      }
      await confirming.waitForConfirms();
      assert.equal(confirmed, 100);
      assert.deepEqual(await channel.purgeQueue(queue), { messageCount: 100 });
    });

    it('get a mandatory message back that no queue wants', async () => {
      const exchange = await newExchange('direct');
      const returned = once(channel, 'return');
      publish(exchange, 'unknown', 'lost', { mandatory: true, headers: { n: 1 } });
      const [message] = await returned;
      assert.deepEqual(message.fields, { replyCode: 312, replyText: 'NO_ROUTE', exchange, routingKey: 'unknown' });
      assert.deepEqual([text(message), message.properties.headers], ['lost', { n: 1 }]);
    });

    it('are told when a full queue refuses a message', async () => {
      const queue = await newQueue({ maxLength: 1, arguments: { 'x-overflow': 'reject-publish' } });
      const confirming = await newConfirmChannel();
      confirming.sendToQueue(queue, Buffer.from('1'));
      await confirming.waitForConfirms();
      confirming.sendToQueue(queue, Buffer.from('2'));
      await assert.rejects(confirming.waitForConfirms());
    });
  });

  describe('consumers', () => {
    it('get messages in turn', async () => {
      const queue = await newQueue();
      const consumers = [await consume(queue), await consume(queue)];
      for (const n of ['1', '2', '3', '4']) send(queue, n);
      await until(() => consumers.every(({ received }) => received.length === 2));
    });

    it('have no more unsettled messages than they want', async () => {
      const queue = await newQueue();
      for (const n of ['1', '2', '3', '4', '5']) send(queue, n);
      await channel.prefetch(2);
      const { received } = await consume(queue);
      const left = async () => (await channel.checkQueue(queue)).messageCount;
      await until(async () => received.length === 2 && (await left()) === 3);
      channel.ack(received[1], true);
      await until(async () => received.length === 4 && (await left()) === 1);
    });

    it('get a message again that they put back, marked as redelivered', async () => {
      const queue = await newQueue();
      const { received } = await consume(queue);
      send(queue, 'again');
      await until(() => received.length === 1);
      channel.nack(received[0], false, true);
      await until(() => received.length === 2);
      const redelivered = received.map(({ fields }) => fields.redelivered);
      assert.deepEqual(redelivered, [false, true]);
    });

    it('put messages back to where they were', async () => {
      const queue = await newQueue();
      for (const n of ['1', '2', '3']) send(queue, n);
      const first = await eventually(() => channel.get(queue));
      const second = await eventually(() => channel.get(queue));
      channel.nack(first);
      channel.nack(second);
      const order = [await get(queue), await get(queue), await get(queue)].map(text);
      assert.deepEqual(order, ['1', '2', '3']);
    });

    it('leave what they have not settled when their channel closes', async () => {
      const queue = await newQueue();
      const closing = await newChannel();
      const { received } = await consume(queue, closing);
      for (const n of ['1', '2', '3']) send(queue, n);
      await until(() => received.length === 3);
      closing.ack(received[0]);
      await closing.close();
      const left = [await get(queue), await get(queue)].map(text);
      assert.deepEqual(left, ['2', '3']);
    });

    it('get no more when they have cancelled', async () => {
      const queue = await newQueue();
      const { received, consumerTag } = await consume(queue);
      await channel.cancel(consumerTag);
      send(queue, 'late');
      assert.equal(text(await get(queue)), 'late');
      assert.equal(received.length, 0);
    });

    it('are told when their queue is deleted', async () => {
      const { queue } = await channel.assertQueue(uniqueName('queue'));
      const consuming = await newChannel();
      const cancelled = new Promise(resolve => consuming.consume(queue, resolve));
      await until(async () => (await channel.checkQueue(queue)).consumerCount === 1);
      await channel.deleteQueue(queue);
      assert.equal(await cancelled, null);
    });

    it('answer to the queue that a request names', async () => {
      const requests = await newQueue();
      const { queue: answers } = await channel.assertQueue('', { exclusive: true });
      const answered = consume(answers, channel, { noAck: true });
      const onRequest = (request: Message | null) => {
        if (!request) return;
        const { replyTo, correlationId } = request.properties;
        send(replyTo, `re: ${text(request)}`, { correlationId });
      };
      await channel.consume(requests, onRequest, { noAck: true });
      send(requests, 'hi', { replyTo: answers, correlationId: 'z' });
      const { received } = await answered;
      await until(() => received.length === 1);
      assert.deepEqual([text(received[0]), received[0].properties.correlationId], ['re: hi', 'z']);
    });
  });

  describe('dead letters', () => {
    it('say where, why and how often they were rejected', async () => {
      const [exchange, deadLetterExchange] = [await newExchange('topic'), await newExchange('direct')];
      const deadLetters = await newQueue();
      const queue = await newQueue({ deadLetterExchange, deadLetterRoutingKey: 'dead' });
      await channel.bindQueue(queue, exchange, '#');
      await channel.bindQueue(deadLetters, deadLetterExchange, 'dead');
      publish(exchange, 'order.x', 'poison', { headers: { traceparent: 'tp' } });
      channel.reject(await eventually(() => channel.get(queue)), false);
      const { fields, properties } = await get(deadLetters);
      assert.deepEqual([fields.exchange, fields.routingKey], [deadLetterExchange, 'dead']);
      const { 'x-death': deaths, ...headers } = properties.headers!;
      const [{ time, ...death }] = deaths!;
      assert.equal(time['!'], 'timestamp');
      assert.deepEqual(death, { count: 1, reason: 'rejected', queue, exchange, 'routing-keys': ['order.x'] });
      assert.equal(headers.traceparent, 'tp');
      assert.equal(headers['x-first-death-reason'], 'rejected');
      assert.equal(headers['x-first-death-queue'], queue);
      assert.equal(headers['x-first-death-exchange'], exchange);
    });

    it('count how often they went around in a retry loop', async () => {
      const [queue, retry] = [uniqueName('queue'), uniqueName('retry')];
      const queues: [string, Options.AssertQueue][] = [
        [queue, { deadLetterExchange: '', deadLetterRoutingKey: retry }],
        [retry, { deadLetterExchange: '', deadLetterRoutingKey: queue, messageTtl: 10 }],
      ];
      for (const [name, options] of queues) {
        await channel.assertQueue(name, options);
        cleanup.add(async () => (await newChannel()).deleteQueue(name));
      }
      const { received } = await consume(queue);
      send(queue, 'r');
      for (let round = 1; round < 4; round++) {
        await until(() => received.length === round);
        channel.nack(received[round - 1], false, false);
      }
      await until(() => received.length === 4);
      const deaths = received[3].properties.headers!['x-death']!;
      assert.deepEqual(
        deaths.map(death => [death.queue, death.reason, death.count]),
        [
          [retry, 'expired', 3],
          [queue, 'rejected', 3],
        ],
      );
    });

    it('say which expiration they had, and have none any more', async () => {
      const deadLetters = await newQueue();
      const queue = await newQueue({ deadLetterExchange: '', deadLetterRoutingKey: deadLetters });
      send(queue, 'short-lived', { expiration: '10' });
      const { properties } = await get(deadLetters);
      const [death] = properties.headers!['x-death']!;
      assert.deepEqual([death.reason, death['original-expiration']], ['expired', '10']);
      assert.equal(properties.expiration, undefined);
    });

    it('are the oldest messages of a queue that has become too long', async () => {
      const deadLetters = await newQueue();
      const queue = await newQueue({ maxLength: 1, deadLetterExchange: '', deadLetterRoutingKey: deadLetters });
      send(queue, 'old');
      send(queue, 'new');
      const dropped = await get(deadLetters);
      assert.deepEqual([text(dropped), dropped.properties.headers!['x-death']![0].reason], ['old', 'maxlen']);
      assert.equal(text(await get(queue)), 'new');
    });

    it('do not go around for ever when nobody rejects them', async () => {
      const queue = uniqueName('queue');
      await channel.assertQueue(queue, { deadLetterExchange: '', deadLetterRoutingKey: queue, messageTtl: 10 });
      cleanup.add(async () => (await newChannel()).deleteQueue(queue));
      send(queue, 'x');
      await until(async () => (await channel.checkQueue(queue)).messageCount === 0);
    });
  });

  describe('queues', () => {
    it('are emptied at once', async () => {
      const queue = await newQueue();
      const confirming = await newConfirmChannel();
      for (const n of ['1', '2']) confirming.sendToQueue(queue, Buffer.from(n));
      await confirming.waitForConfirms();
      assert.deepEqual(await channel.purgeQueue(queue), { messageCount: 2 });
    });

    it('that delete themselves go with their last consumer', async () => {
      const { queue } = await channel.assertQueue(uniqueName('queue'), { autoDelete: true });
      const { consumerTag } = await consume(queue);
      await channel.cancel(consumerTag);
      await until(async () => (await closingError(on => on.checkQueue(queue))).includes('NOT_FOUND'));
    });

    it('are not deleted while they are in use, if so wanted', async () => {
      const queue = await newQueue();
      await consume(queue);
      const error = await closingError(on => on.deleteQueue(queue, { ifUnused: true }));
      assert.match(error, /406 .*PRECONDITION_FAILED - queue '.*' in vhost '\/' in use/);
    });
  });

  describe('a channel is closed', () => {
    it('for a queue that there is not', async () => {
      const error = await closingError(on => on.checkQueue('nowhere'));
      assert.match(error, /404 .*NOT_FOUND - no queue 'nowhere' in vhost '\/'/);
    });

    it('for an exchange that there is not', async () => {
      const error = await closingError(on => on.publish('nowhere', 'key', Buffer.from('x')));
      assert.match(error, /404 .*NOT_FOUND - no exchange 'nowhere' in vhost '\/'/);
    });

    it('for settling a message twice', async () => {
      const queue = await newQueue();
      send(queue, 'x');
      const error = await closingError(async on => {
        const message = await eventually(() => on.get(queue));
        on.ack(message);
        on.ack(message);
      });
      assert.match(error, /406 .*PRECONDITION_FAILED - unknown delivery tag 1/);
    });

    it('for declaring a queue again that is not the same', async () => {
      const queue = await newQueue({ durable: true });
      const error = await closingError(on => on.assertQueue(queue, { durable: false }));
      const where = `PRECONDITION_FAILED - inequivalent arg 'durable' for queue '${queue}' in vhost '/'`;
      assert.ok(error.includes(`${where}: received 'false' but current is 'true'`), error);
    });

    it('for declaring an exchange again that is not the same', async () => {
      const exchange = await newExchange('fanout');
      const error = await closingError(on => on.assertExchange(exchange, 'topic'));
      const where = `PRECONDITION_FAILED - inequivalent arg 'type' for exchange '${exchange}' in vhost '/'`;
      assert.ok(error.includes(`${where}: received 'topic' but current is 'fanout'`), error);
    });

    it("for using somebody else's exclusive queue", async () => {
      const another = await newConnection();
      cleanup.add(() => another.close());
      const { queue } = await (await another.createChannel()).assertQueue('', { exclusive: true });
      const error = await closingError(on => on.checkQueue(queue));
      assert.match(error, /405 .*RESOURCE_LOCKED - cannot obtain exclusive access to locked queue/);
    });

    it('for consuming a queue that somebody has for himself', async () => {
      const queue = await newQueue();
      await consume(queue, channel, { exclusive: true });
      const error = await closingError(on => on.consume(queue, () => {}));
      assert.match(error, /403 .*ACCESS_REFUSED - queue '.*' in vhost '\/' in exclusive use/);
    });
  });
});
