'use strict';
const { Kafka, logLevel } = require('kafkajs');
const { Handler, order } = require('./own-spans.cjs');

const brokers = process.env.KAFKA_BROKERS.split(',');
const retry = { initialRetryTime: 20, maxRetryTime: 50, retries: 1000 };
const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING, retry });
const producer = kafka.producer();
let connecting;

async function send(record) {
  await (connecting ??= producer.connect());
  await producer.send(record);
}

async function produce(command) {
  const messages = command.messages.map(value => ({ value }));
  await order(command, () => send({ topic: command.to, messages }));
  return { sent: command.messages };
}

/** Each message that is handled is sent on, if it is to be. */
async function consume(command, sendOn = async () => {}) {
  const handler = new Handler(command);
  const consumer = kafka.consumer({ groupId: `${command.from}.node`, maxWaitTimeInMs: 100, retry });
  await consumer.connect();
  await consumer.subscribe({ topic: command.from, fromBeginning: true });

  const { promise: done, resolve } = Promise.withResolvers();
  const handle = async ({ key, value, headers }) => {
    const isHandled = await handler.handle(String(value), textOf(headers));
    if (isHandled) await sendOn(String(value));
    else if (handler.isLastFailure) await send({ topic: command.deadLetter, messages: [{ key, value, headers }] });
    if (handler.isDone) resolve();
    if (!isHandled && !handler.isLastFailure) throw new Error('the order is refused');
  };
  const eachBatch = async ({ batch }) => {
    for (const message of batch.messages) await handle(message);
  };
  await consumer.run(command.batch ? { eachBatch } : { eachMessage: ({ message }) => handle(message) });
  await done;
  await consumer.disconnect();
  return { seen: handler.seen };
}

const textOf = headers => Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

module.exports = { produce, consume, close: () => connecting && producer.disconnect() };
