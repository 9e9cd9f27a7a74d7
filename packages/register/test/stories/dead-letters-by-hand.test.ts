import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { AmqplibInstrumentation } from '@queuetrace/instrumentation-amqplib';
import { SqsInstrumentation } from '@queuetrace/instrumentation-aws-sdk-client-sqs';
import { KafkaJsInstrumentation } from '@queuetrace/instrumentation-kafkajs';
import { deadLetterAttributes, processDeadLetter, processMessage, type DeadLetterFacts } from '@queuetrace/messaging';
import { telemetry, uniqueName, walkRecorded, withBroker } from '@queuetrace/test-utils';
import { connect } from 'amqplib';
import assert from 'node:assert/strict';
import { KafkaShop } from './kafka-shop';

const MENDED = 'mended';

describe('dead letters that the app handles by hand', () => {
  describe('on Kafka, which has none of its own', () => {
    const broker = withBroker('kafka');
    telemetry.register(new KafkaJsInstrumentation());
    const shop = new KafkaShop(() => broker.address);
    let [topic, parked, archive]: string[] = [];

    beforeEach(() => {
      [topic, parked, archive] = ['orders', 'parked', 'archive'].map(uniqueName);
      return shop.open([topic, parked, archive]);
    });
    afterEach(() => shop.close());

    /** Sends an order that fails, which ends as a dead letter; gives what the one who handles those gets to know. */
    async function failOnce(value: string, isRetried: boolean): Promise<DeadLetterFacts> {
      const over = Promise.withResolvers<void>();
      const dead = Promise.withResolvers<DeadLetterFacts>();
      const worker = await shop.consume(topic, async ({ message }) => {
        if (String(message.value) === MENDED) return over.resolve();
        const headers = { ...message.headers, ...deadLetterAttributes(new TypeError('no stock'), message) };
        await shop.producer.send({ topic: parked, messages: [{ value: message.value, headers }] });
      });
      const mender = await shop.consume(parked, async ({ message }) => {
        const action = await processDeadLetter(message, {
          onRetry: async (_message, facts) => {
            dead.resolve(facts);
            return isRetried && shop.producer.send({ topic, messages: [{ value: MENDED }] });
          },
          onArchive: ({ headers }) => shop.producer.send({ topic: archive, messages: [{ value, headers }] }),
        });
        assert.equal(action, isRetried ? 'retry' : 'archive');
        if (!isRetried) over.resolve();
      });
      await shop.producer.send({ topic, messages: [{ value }] });
      const facts = await dead.promise;
      await over.promise;
      await Promise.all([worker.disconnect(), mender.disconnect()]);
      return facts;
    }

    it('are told where they are sent, where they arrive, and where they are sent again', async () => {
      const facts = await failOnce('poison', true);
      const walk = walkRecorded(telemetry.spans());
      const { attributes } = telemetry.span(`send ${parked}`);
      assert.equal(attributes['dlq.action'], 'send');
      assert.equal(attributes['dlq.error'], 'TypeError: no stock');
      const deadLetter = telemetry.span(`process ${parked}`);
      assert.equal(deadLetter.attributes['dlq.action'], 'retry');
      assert.equal(deadLetter.attributes['dlq.original_queue'], topic);
      assert.equal(deadLetter.attributes['dlq.retry_count'], 1);
      assert.equal(deadLetter.attributes['dlq.error'], 'TypeError: no stock');
      const { timestamp, ...told } = facts;
      assert.deepEqual(told, { originalQueue: topic, retryCount: 1, error: 'TypeError: no stock' });
      assert.equal(timestamp?.toISOString(), deadLetter.attributes['dlq.timestamp']);
      const replayed = telemetry.spans().findLast(({ name }) => name === `process ${topic}`)!;
      assert.deepEqual(
        walk.attemptsBefore(replayed).map(({ name }) => name),
        [`process ${parked}`, `process ${topic}`],
      );
      const [first] = telemetry.spans();
      assert.equal(walk.linked(replayed, 'original-message'), first);
    });

    it('are archived where they are not worth another attempt, wherever that sends them', async () => {
      await failOnce('hopeless', false);
      assert.equal(telemetry.span(`process ${parked}`).attributes['dlq.action'], 'archive');
      assert.equal(telemetry.span(`send ${archive}`).attributes['dlq.action'], undefined);
    });
  });

  describe('on RabbitMQ', () => {
    const broker = withBroker('rabbitmq');
    telemetry.register(new AmqplibInstrumentation());

    for (const way of ['consume', 'get']) {
      it(`are told what became of them, by ${way}`, async () => {
        const connection = await connect(broker.address, { noDelay: true });
        const channel = await connection.createConfirmChannel();
        const queue = uniqueName('work');
        const { queue: audit } = await channel.assertQueue(uniqueName('audit'));
        await channel.assertQueue(`${queue}.dlq`);
        await channel.assertQueue(queue, { deadLetterExchange: '', deadLetterRoutingKey: `${queue}.dlq` });
        channel.sendToQueue(queue, Buffer.from('poison'));
        const facts = Promise.withResolvers<DeadLetterFacts>();
        const handle = async (message: Parameters<typeof channel.ack>[0]) => {
          await processDeadLetter(message, {
            onArchive: (_message, told) => {
              facts.resolve(told);
              channel.sendToQueue(audit, message.content, message.properties);
            },
          });
          channel.ack(message);
        };
        await channel.consume(queue, message => channel.reject(message!, false));
        if (way === 'consume') await channel.consume(`${queue}.dlq`, message => message && void handle(message));
        for (let got = way === 'consume'; !got;) {
          const message = await channel.get(`${queue}.dlq`);
          if (message) await handle(message);
          got = Boolean(message);
        }
        assert.equal((await facts.promise).originalQueue, queue);
        await telemetry.waitForSpans(spans => spans.some(({ name }) => name === `consume ${queue}.dlq`));
        assert.equal(telemetry.span(`consume ${queue}.dlq`).attributes['dlq.action'], 'archive');
        await connection.close();
      });
    }
  });

  describe('on SQS', () => {
    const broker = withBroker('aws_sqs');
    telemetry.register(new SqsInstrumentation());

    it('are told what became of them', async () => {
      const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
      const sqs = new SQSClient({ endpoint: broker.address, region: 'us-east-1', credentials });
      const [queue, dlq] = [uniqueName('work'), uniqueName('graveyard')];
      const [QueueUrl, dlqUrl] = await Promise.all(
        [queue, dlq].map(async QueueName => (await sqs.send(new CreateQueueCommand({ QueueName }))).QueueUrl),
      );
      const receive = async (QueueUrl: string | undefined) => {
        const request = { QueueUrl, WaitTimeSeconds: 5, MessageAttributeNames: ['All'] };
        return (await sqs.send(new ReceiveMessageCommand(request))).Messages![0];
      };
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'poison' }));
      const toAttribute = (StringValue: string) => ({ DataType: 'String', StringValue });
      const failed = await receive(QueueUrl);
      await processMessage(failed, async message => {
        const told = Object.entries(deadLetterAttributes(new Error('no stock'), message));
        const MessageAttributes = Object.fromEntries(told.map(([name, text]) => [name, toAttribute(text)]));
        await sqs.send(new SendMessageCommand({ QueueUrl: dlqUrl, MessageBody: message.Body, MessageAttributes }));
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
      });
      const facts: DeadLetterFacts[] = [];
      const action = await processDeadLetter(await receive(dlqUrl), {
        onRetry: async ({ ReceiptHandle }, told) => {
          facts.push(told);
          await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: MENDED }));
          await sqs.send(new DeleteMessageCommand({ QueueUrl: dlqUrl, ReceiptHandle }));
        },
      });
      sqs.destroy();
      assert.equal(action, 'retry');
      assert.deepEqual([facts[0].originalQueue, facts[0].retryCount, facts[0].error], [queue, 1, 'no stock']);
      const { attributes } = telemetry.span(`process ${dlq}`);
      assert.equal(attributes['dlq.action'], 'retry');
      assert.equal(attributes['dlq.original_queue'], queue);
    });
  });

  it('are handled without a span where nothing has seen them', async () => {
    const action = await processDeadLetter({}, { onRetry: (_message, facts) => assert.deepEqual(facts, NOTHING) });
    assert.equal(action, 'retry');
    const attributes = deadLetterAttributes('no stock', {});
    assert.deepEqual(Object.keys(attributes), ['dlq.error', 'dlq.timestamp']);
    assert.equal(attributes['dlq.error'], 'no stock');
  });
});

const NOTHING = { originalQueue: undefined, retryCount: undefined, error: undefined, timestamp: undefined };
