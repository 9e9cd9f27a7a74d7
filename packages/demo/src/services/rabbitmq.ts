import { connect } from 'amqplib';
import {
  invoicingDlqQueue,
  invoicingQueue,
  paymentsExchange,
  rabbitmqUrl,
  shippingDlqQueue,
  shippingQueue,
} from './shop';

export async function openRabbitMq() {
  const connection = await connect(rabbitmqUrl, { noDelay: true });
  const channel = await connection.createConfirmChannel();
  await channel.assertExchange(paymentsExchange, 'topic');
  await channel.assertQueue(shippingDlqQueue);
  await channel.assertQueue(shippingQueue, { deadLetterExchange: '', deadLetterRoutingKey: shippingDlqQueue });
  await channel.assertQueue(invoicingDlqQueue);
  await channel.assertQueue(invoicingQueue, { deadLetterExchange: '', deadLetterRoutingKey: invoicingDlqQueue });
  // One payment, two queues: shipping and invoicing each get their own copy.
  await channel.bindQueue(shippingQueue, paymentsExchange, 'paid');
  await channel.bindQueue(invoicingQueue, paymentsExchange, 'paid');
  return { channel, close: () => connection.close() };
}
