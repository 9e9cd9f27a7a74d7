import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { SpanStatusCode } from '@opentelemetry/api';
import { AmqplibInstrumentation } from '@queuetrace/instrumentation-amqplib';
import { SqsInstrumentation } from '@queuetrace/instrumentation-aws-sdk-client-sqs';
import { KafkaJsInstrumentation } from '@queuetrace/instrumentation-kafkajs';
import { processMessage } from '@queuetrace/messaging';
import { telemetry, uniqueName, withBroker } from '@queuetrace/test-utils';
import { connect, type ConsumeMessage, type ConfirmChannel } from 'amqplib';
import assert from 'node:assert/strict';
import { KafkaShop } from './kafka-shop';

const { ERROR, UNSET } = SpanStatusCode;
const OPTIONS = ['always', 'last-attempt'] as const;

function processSpans(name: string) {
  return telemetry.spans().filter(span => span.name === name);
}

const statusesOf = (name: string) => processSpans(name).map(({ status }) => status.code);

/** The failure itself is told whatever the status says. */
function assertExceptions(name: string, count: number): void {
  const events = processSpans(name).flatMap(span => span.events);
  assert.equal(events.filter(event => event.name === 'exception').length, count);
}

describe('a failure that will be tried again is an error as errorStatus says', () => {
  describe('on Kafka, where what failed comes again until it is handled', () => {
    const broker = withBroker('kafka');
    const [kafkajs] = telemetry.register(new KafkaJsInstrumentation());
    const shop = new KafkaShop(() => broker.address);
    afterEach(() => shop.close());
    after(() => kafkajs.setConfig({}));

    for (const errorStatus of OPTIONS) {
      it(errorStatus, async () => {
        kafkajs.setConfig({ errorStatus });
        const topic = uniqueName('orders');
        await shop.open([topic]);
        const handled = Promise.withResolvers<void>();
        let attempts = 0;
        const consumer = await shop.consume(topic, async () => {
          await Promise.resolve();
          attempts += 1;
          if (attempts < 3) throw new Error('not yet');
          handled.resolve();
        });
        await shop.producer.send({ topic, messages: [{ value: 'an order' }] });
        await handled.promise;
        await consumer.disconnect();
        const status = errorStatus === 'always' ? ERROR : UNSET;
        assert.deepEqual(statusesOf(`process ${topic}`), [status, status, UNSET]);
        assertExceptions(`process ${topic}`, 2);
      });
    }
  });

  describe('on RabbitMQ, where a settlement says whether a message comes again', () => {
    const broker = withBroker('rabbitmq');
    const [amqplib] = telemetry.register(new AmqplibInstrumentation());
    after(() => amqplib.setConfig({}));

    /** Consumes one message until a handler says that it was the last time. */
    async function consume(
      noAck: boolean,
      handle: (channel: ConfirmChannel, message: ConsumeMessage, over: () => void) => void,
    ): Promise<string> {
      const connection = await connect(broker.address, { noDelay: true });
      connection.on('error', () => {});
      const channel = await connection.createConfirmChannel();
      const { queue } = await channel.assertQueue(uniqueName('work'), { autoDelete: true });
      channel.sendToQueue(queue, Buffer.from('an order'));
      const over = Promise.withResolvers<void>();
      await channel.consume(queue, message => message && handle(channel, message, over.resolve), { noAck });
      await over.promise;
      await connection.close().catch(() => {});
      await telemetry.waitForSpans(() => processSpans(`consume ${queue}`).length > 0);
      return queue;
    }

    for (const errorStatus of OPTIONS) {
      it(errorStatus, async () => {
        amqplib.setConfig({ errorStatus });
        let attempts = 0;
        const queue = await consume(false, (channel, message, over) => {
          attempts += 1;
          channel.nack(message, false, attempts < 3);
          if (attempts === 3) over();
        });
        const status = errorStatus === 'always' ? ERROR : UNSET;
        assert.deepEqual(statusesOf(`consume ${queue}`), [status, status, ERROR]);
      });
    }

    it('and always for what the broker took as handled when it delivered it', async () => {
      amqplib.setConfig({ errorStatus: 'last-attempt' });
      const queue = await consume(true, (_channel, _message, over) => {
        over();
        throw new Error('too late');
      });
      assert.deepEqual(statusesOf(`consume ${queue}`), [ERROR]);
    });
  });

  describe('on SQS, where only the queue knows how often', () => {
    const broker = withBroker('aws_sqs');
    const [instrumentation] = telemetry.register(new SqsInstrumentation());
    after(() => instrumentation.setConfig({}));

    for (const errorStatus of OPTIONS) {
      it(errorStatus, async () => {
        instrumentation.setConfig({ errorStatus });
        const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
        const sqs = new SQSClient({ endpoint: broker.address, region: 'us-east-1', credentials });
        const queue = uniqueName('work');
        const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: queue }));
        await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'an order' }));
        const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 }));
        const failing = async () => processMessage(Messages![0], () => Promise.reject(new Error('not yet')));
        await assert.rejects(failing, { message: 'not yet' });
        sqs.destroy();
        assert.deepEqual(statusesOf(`process ${queue}`), [errorStatus === 'always' ? ERROR : UNSET]);
        assertExceptions(`process ${queue}`, 1);
      });
    }
  });
});
