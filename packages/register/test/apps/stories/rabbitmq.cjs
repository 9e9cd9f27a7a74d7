// Messages that fail in three kinds of topologies: `work` sends and tries them, `mend` sends dead letters again.
const amqplib = require('amqplib');

const [url, prefix, roles, kinds] = process.argv.slice(2).map(argument => argument.split(','));

/** By kind: the arguments of its queue, and what a worker does with a message that it cannot handle. */
const KINDS = {
  classic: {
    arguments: {},
    deadLettersTo: '.dlq',
    refuse: (channel, message, attempt) => channel.nack(message, false, attempt <= 3),
  },
  loop: {
    arguments: {},
    deadLettersTo: '.wait',
    refuse(channel, message, attempt, queue) {
      if (attempt < 3) return channel.reject(message, false);
      channel.sendToQueue(`${queue}.dlq`, message.content, message.properties);
      channel.ack(message);
    },
  },
  quorum: {
    arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': 2 },
    deadLettersTo: '.dlq',
    refuse: (channel, message) => channel.nack(message),
  },
};

async function declare(channel, queue, { arguments: own, deadLettersTo }) {
  const to = (key, more) => ({ deadLetterExchange: '', deadLetterRoutingKey: key, ...more });
  await channel.assertQueue(`${queue}.dlq`);
  if (deadLettersTo === '.wait') await channel.assertQueue(`${queue}.wait`, to(queue, { messageTtl: 20 }));
  await channel.assertQueue(queue, to(queue + deadLettersTo, { arguments: own }));
}

async function work(channel, queue, { refuse }) {
  let attempt = 0;
  await channel.consume(queue, message => {
    if (!message) return;
    if (String(message.content) === 'mended') return channel.ack(message);
    refuse(channel, message, ++attempt, queue);
  });
  channel.sendToQueue(queue, Buffer.from('poison'), { messageId: queue });
}

async function mend(channel, queue) {
  await channel.consume(`${queue}.dlq`, message => {
    if (!message) return;
    channel.sendToQueue(queue, Buffer.from('mended'), message.properties);
    channel.ack(message);
  });
}

async function main() {
  const connection = await amqplib.connect(url[0], { noDelay: true });
  const channel = await connection.createConfirmChannel();
  process.once('SIGTERM', async () => {
    // A quorum queue is more than other tests should have to carry.
    if (roles.includes('work')) for (const kind of kinds) await channel.deleteQueue(`${prefix[0]}.${kind}`);
    await connection.close();
  });
  for (const kind of kinds) {
    const queue = `${prefix[0]}.${kind}`;
    await declare(channel, queue, KINDS[kind]);
    if (roles.includes('mend')) await mend(channel, queue);
    if (roles.includes('work')) await work(channel, queue, KINDS[kind]);
  }
  console.log('ready');
}

void main();
