/** Mends dead letters and sends them on their way again, on each of the three brokers. */
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { consumerConfig, kafka } from './kafka';
import { openRabbitMq } from './rabbitmq';
import { createQueues } from './sqs';
import {
  decode,
  encode,
  invoicingDlqQueue,
  mended,
  ordersDlqTopic,
  ordersTopic,
  serve,
  shippingDlqQueue,
  shippingQueue,
  sqsConfig,
} from './shop';

async function replayKafka() {
  const client = kafka('replay');
  const producer = client.producer();
  await producer.connect();
  const consumer = client.consumer(consumerConfig('replay'));
  await consumer.connect();
  await consumer.subscribe({ topic: ordersDlqTopic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      const value = encode(mended(decode(message.value)));
      await producer.send({ topic: ordersTopic, messages: [{ key: message.key, value, headers: message.headers }] });
    },
  });
  return () => Promise.all([consumer.disconnect(), producer.disconnect()]);
}

async function replayRabbitMq() {
  const { channel, close } = await openRabbitMq();
  await channel.consume(shippingDlqQueue, message => {
    if (!message) return;
    channel.sendToQueue(shippingQueue, Buffer.from(encode(mended(decode(message.content)))), message.properties);
    channel.ack(message);
  });
  // Invoices that could not be written are looked at by a person, and put away.
  await channel.consume(invoicingDlqQueue, message => {
    if (message) channel.ack(message);
  });
  return close;
}

async function replaySqs() {
  const sqs = new SQSClient(sqsConfig);
  const { queueUrl, dlqUrl } = await createQueues(sqs);
  let isRunning = true;
  const poll = async () => {
    while (isRunning) {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: dlqUrl, WaitTimeSeconds: 1 }));
      for (const { Body, ReceiptHandle } of Messages) {
        await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: encode(mended(decode(Body))) }));
        await sqs.send(new DeleteMessageCommand({ QueueUrl: dlqUrl, ReceiptHandle }));
      }
    }
  };
  const polling = poll();
  return async () => {
    isRunning = false;
    await polling;
    sqs.destroy();
  };
}

void serve(async () => {
  const closings = await Promise.all([replayKafka(), replayRabbitMq(), replaySqs()]);
  return () => Promise.all(closings.map(close => close()));
});
