'use strict';
const { context, ROOT_CONTEXT } = require('@opentelemetry/api');
const amqplib = require('amqplib');
const { Handler, order } = require('./own-spans.cjs');

let connecting;

async function openChannel() {
  // As at the start of an app: what is delivered on the connection has nothing to do with who sends first.
  connecting ??= context.with(ROOT_CONTEXT, () => amqplib.connect(process.env.RABBITMQ_URL));
  const connection = await connecting;
  return connection.createConfirmChannel();
}

async function send(queue, messages) {
  const channel = await openChannel();
  for (const message of messages) channel.sendToQueue(queue, Buffer.from(message));
  await channel.waitForConfirms();
  await channel.close();
}

async function produce(command) {
  await order(command, () => send(command.to, command.messages));
  return { sent: command.messages };
}

async function consume(command) {
  const handler = new Handler(command);
  const channel = await openChannel();
  await channel.prefetch(1);
  await new Promise(resolve => {
    channel.consume(command.from, async message => {
      if (await handler.handle(String(message.content), message.properties.headers)) channel.ack(message);
      else channel.nack(message, false, !handler.isLastFailure);
      if (handler.isDone) resolve();
    });
  });
  await channel.close();
  return { seen: handler.seen };
}

module.exports = { produce, consume, send, close: async () => (await connecting)?.close() };
