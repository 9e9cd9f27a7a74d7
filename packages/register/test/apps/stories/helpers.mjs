// A message that is refused with its reason, archived as a dead letter, and made into a note, in the words of our helpers.
import { linkTo, processDeadLetter, sendToDeadLetter } from '@queuetrace/messaging';
import amqplib from 'amqplib';

const [address, queue] = process.argv.slice(2);
const [dlq, notes] = [`${queue}.dlq`, `${queue}.notes`];
const connection = await amqplib.connect(address, { noDelay: true });
const channel = await connection.createConfirmChannel();
for (const name of [dlq, notes]) await channel.assertQueue(name);
await channel.assertQueue(queue, { deadLetterExchange: '', deadLetterRoutingKey: dlq });
channel.sendToQueue(queue, Buffer.from('poison'), { messageId: queue });
await channel.consume(queue, message =>
  sendToDeadLetter(new TypeError('no address'), () => channel.nack(message, false, false)),
);
await new Promise(resolve =>
  channel.consume(dlq, async message => {
    const onArchive = () => linkTo([message], () => channel.sendToQueue(notes, Buffer.from('look at this')));
    await processDeadLetter(message, { onArchive });
    channel.ack(message);
    resolve();
  }),
);
await channel.waitForConfirms();
await connection.close();
