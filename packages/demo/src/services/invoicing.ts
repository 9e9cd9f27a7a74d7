/** Gets its own copy of each payment. */
import { openRabbitMq } from './rabbitmq';
import { decode, invoicingQueue, serve, work } from './shop';

void serve(async () => {
  const { channel, close } = await openRabbitMq();
  await channel.consume(invoicingQueue, async message => {
    if (!message) return;
    await work(3);
    // There is no second try for an invoice that cannot be written.
    if (decode(message.content).poisonedAt === 'invoicing') channel.reject(message, false);
    else channel.ack(message);
  });
  return close;
});
