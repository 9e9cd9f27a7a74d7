/** Ships what is paid, and has the customer notified through SQS. */
import { GetQueueUrlCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { openRabbitMq } from './rabbitmq';
import { decode, encode, notificationsQueue, serve, shippingQueue, sqsConfig, work } from './shop';

void serve(async () => {
  const sqs = new SQSClient(sqsConfig);
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: notificationsQueue }));
  const { channel, close } = await openRabbitMq();

  await channel.consume(shippingQueue, async message => {
    if (!message) return;
    const order = decode(message.content);
    await work(10);
    if (order.poisonedAt === 'shipping') {
      // Once more; then it is a dead letter, which the broker moves to the queue for them.
      channel.nack(message, false, !message.fields.redelivered);
      return;
    }
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: encode(order) }));
    channel.ack(message);
  });
  return close;
});
