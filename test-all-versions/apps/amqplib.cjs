// Publishes with confirms, handles one by one and several with one ack; one message is refused. Prints what it has handled.
'use strict';
const amqp = require('amqplib');

const [address, name] = process.argv.slice(2);

async function main() {
  const connection = await amqp.connect(address);
  const channel = await connection.createConfirmChannel();
  const [single, batch] = [`${name}-single`, `${name}-batch`];
  for (const queue of [single, batch]) await channel.assertQueue(queue, { durable: false });
  for (const value of ['0', '1', '2']) channel.sendToQueue(single, Buffer.from(value));
  for (const value of ['3', '4']) channel.publish('', batch, Buffer.from(value), {}, () => {});
  await channel.waitForConfirms();
  const handled = [];
  await new Promise((resolve, reject) => {
    const handle = message => {
      const value = String(message.content);
      if (value === '1') channel.nack(message, false, false);
      else channel.ack(message);
      if (handled.push(value) === 3) resolve();
    };
    channel.consume(single, handle).catch(reject);
  });
  await new Promise((resolve, reject) => {
    const handle = message => {
      if (handled.push(String(message.content)) < 5) return;
      channel.ack(message, true);
      resolve();
    };
    channel.consume(batch, handle).catch(reject);
  });
  await channel.close();
  await connection.close();
  console.log(handled.join());
}

main().catch(error => {
  console.error(error);
  process.exitCode = 3;
});
