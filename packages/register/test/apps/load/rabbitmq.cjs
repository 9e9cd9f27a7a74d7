// 60 orders: every tenth is given back once, every twentieth is rejected and dead-lettered by the broker.
const amqplib = require('amqplib');
const { Tally, waitInQueue } = require('./tally.cjs');

const [url, queue] = process.argv.slice(2);
const [orders, deadLetters] = [new Tally(), new Tally()];
const numbers = Array.from({ length: 60 }, (_, index) => index);

async function consume(channel, queue, tally, count, settle) {
  let left = count;
  const done = tally.startConsuming();
  const { consumerTag } = await new Promise((resolve, reject) => {
    const consuming = channel.consume(queue, async message => {
      const { redelivered } = message.fields;
      await tally.handle(Number(message.content), !redelivered, () => {
        settle(message, redelivered);
        left -= redelivered || settle.isLast(message) ? 1 : 0;
      });
      if (left === 0) resolve(consuming);
    });
    consuming.catch(reject);
  });
  done();
  await channel.cancel(consumerTag);
}

async function main() {
  const connection = await amqplib.connect(url, { noDelay: true });
  const channel = await connection.createConfirmChannel();
  await channel.assertQueue(`${queue}.dlq`, { autoDelete: true });
  const to = { deadLetterExchange: '', deadLetterRoutingKey: `${queue}.dlq` };
  await channel.assertQueue(queue, { autoDelete: true, ...to });
  await channel.prefetch(1);
  for (const id of numbers) {
    await orders.send([id], async () => {
      channel.sendToQueue(queue, Buffer.from(String(id)));
      await channel.waitForConfirms();
    });
  }
  await waitInQueue();
  const isGivenBack = message => Number(message.content) % 10 === 3;
  const isPoison = message => Number(message.content) % 20 === 7;
  const work = (message, redelivered) => {
    if (isPoison(message)) {
      orders.failures += 1;
      orders.deadLettersSent += 1;
      return channel.reject(message, false);
    }
    if (!isGivenBack(message) || redelivered) return channel.ack(message);
    orders.failures += 1;
    channel.nack(message);
  };
  await consume(channel, queue, orders, numbers.length, Object.assign(work, { isLast: one => !isGivenBack(one) }));
  const look = Object.assign(message => channel.ack(message), { isLast: () => true });
  await consume(channel, `${queue}.dlq`, deadLetters, orders.deadLettersSent, look);
  await connection.close();
  console.log(JSON.stringify({ orders, deadLetters }));
}

void main();
