/** Gets its own copy of each payment. */
import { openRabbitMq } from './rabbitmq';
import { invoicingQueue, serve, work } from './shop';

void serve(async () => {
  const { channel, close } = await openRabbitMq();
  await channel.consume(invoicingQueue, async message => {
    if (!message) return;
    await work(3);
    channel.ack(message);
  });
  return close;
});
