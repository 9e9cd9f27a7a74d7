import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { FaultProxy, telemetry, uniqueName, withBroker } from '@queuetrace/test-utils';
import type { ConfirmChannel, ConsumeMessage } from 'amqplib';
import { CONFIG, doorOf, INSTRUMENTATIONS, openKafka, openRabbitMq, openSqs } from './clients';
import { assertCounted } from './counted';
import { HttpFaults } from './http-faults';
import { play } from './play';

/** What the app asks for besides, so often, to bring the error about. */
const sends = (attempts: number) => ({ attempts, delivered: [] });

describe('errors of rabbitmq', () => {
  const broker = withBroker('rabbitmq');
  telemetry.register(new INSTRUMENTATIONS.rabbitmq());

  const never = { fields: { deliveryTag: 1_000_000 } } as ConsumeMessage;
  const ERRORS: Readonly<Record<string, { cause: (channel: ConfirmChannel) => unknown; attempts?: number }>> = {
    'the channel, of an ack that nobody waits for': { cause: channel => channel.ack(never) },
    'the channel, of a queue that is none': { cause: channel => channel.checkQueue(uniqueName('none')) },
    'the channel, of a publish to an exchange that is none': {
      cause: channel => channel.publish(uniqueName('none'), '', Buffer.from('lost')),
      attempts: 1,
    },
    'the connection, of an exchange whose type is none': {
      cause: channel => channel.assertExchange(uniqueName('none'), 'no type'),
    },
  };

  for (const [where, { cause, attempts = 0 }] of Object.entries(ERRORS)) {
    it(`that end ${where} lose no message and leave no span open`, async () => {
      const shop = await openRabbitMq(doorOf(broker.address));
      await play(shop, async () => {
        const closed = once(shop.channel(), 'close');
        // What is asked for is refused.
        await Promise.allSettled([cause(shop.channel()), closed]);
      });
      await assertCounted(shop, sends(attempts));
    });
  }
});

describe('requests of kafkajs whose time is over', () => {
  const broker = withBroker('kafka');
  telemetry.register(new INSTRUMENTATIONS.kafka());
  let proxy: FaultProxy;

  beforeEach(async () => {
    proxy = await new FaultProxy(broker.address).start();
  });
  afterEach(() => proxy.stop());

  const REQUEST_TIMEOUT_MS = 500;
  const FAULTS: Readonly<Record<string, () => void>> = {
    'since they are lost': () => proxy.halfOpen(),
    'since their answers come late': () => proxy.slow(2 * REQUEST_TIMEOUT_MS),
  };

  for (const [why, fault] of Object.entries(FAULTS)) {
    it(`${why} lose no message and leave no span open`, async () => {
      const shop = await openKafka(proxy, undefined, REQUEST_TIMEOUT_MS);
      const timedOut = new Promise(resolve => shop.producer.on('producer.network.request_timeout', resolve));
      await play(shop, fault, () => timedOut.then(() => proxy.heal()));
      await assertCounted(shop);
    });
  }
});

describe('requests of sqs', () => {
  const broker = withBroker('aws_sqs');
  telemetry.register(new INSTRUMENTATIONS.aws_sqs(CONFIG));
  let faults: HttpFaults;

  beforeEach(async () => {
    faults = await new HttpFaults(broker.address).start();
  });
  afterEach(() => faults.stop());

  const answerWith = (status: number, type: string) => (_: IncomingMessage, response: ServerResponse) =>
    void response
      .writeHead(status, { 'content-type': 'application/x-amz-json-1.0' })
      .end(JSON.stringify({ __type: type }));
  const FAULTS: Readonly<Record<string, Parameters<HttpFaults['fail']>[1]>> = {
    'are answered with 500': answerWith(500, 'InternalFailure'),
    'are throttled': answerWith(400, 'com.amazonaws.sqs#RequestThrottled'),
    'get no answer': (_, response) => void response.destroy(),
    'get half an answer': (_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{', () => response.destroy());
    },
    'are done, which nobody is told': (given, response) =>
      faults.forward(
        given,
        answer => answer.resume().on('end', () => response.destroy()),
        () => response.destroy(),
      ),
  };

  for (const [what, fault] of Object.entries(FAULTS)) {
    it(`that ${what} lose no message and leave no span open`, async () => {
      const shop = await openSqs(faults);
      let over: Promise<void>;
      await play(
        shop,
        () => void (over = faults.fail(5, fault)),
        () => over,
      );
      await assertCounted(shop);
    });
  }

  it('that the app aborts lose no message and leave no span open', async () => {
    const shop = await openSqs(faults);
    await play(shop, async () => {
      const { client, QueueUrl } = shop;
      const [sending, receiving] = [new AbortController(), new AbortController()];
      const sent = client.sendMessage({ QueueUrl, MessageBody: '0' }, { abortSignal: sending.signal });
      const received = client.receiveMessage({ QueueUrl, WaitTimeSeconds: 20 }, { abortSignal: receiving.signal });
      sending.abort();
      receiving.abort();
      await Promise.all([sent, received].map(call => assert.rejects(call, { name: 'AbortError' })));
    });
    await assertCounted(shop, sends(1));
  });
});
