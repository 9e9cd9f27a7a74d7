'use strict';
// What a process sees when a handler fails: one line each on standard output. With TRACED its spans follow.
const amqp = require('amqplib');

const [, , url, mode] = process.argv;
const isTraced = process.env.TRACED === 'true';

const tell = (what, error) => console.log(`${what}: ${error?.message}`);
process.on('unhandledRejection', error => tell('unhandledRejection', error));
process.on('uncaughtException', error => tell('uncaughtException', error));

/** `SpanKind.CONSUMER`. */
const CONSUMER = 4;
const spans = [];
if (isTraced) {
  const { AmqplibInstrumentation } = require('@queuetrace/instrumentation-amqplib');
  const { TracerProvider, SimpleSpanProcessor, InMemorySpanExporter } = require('@opentelemetry/sdk-trace');
  const exporter = new InMemorySpanExporter();
  spans.finished = () => exporter.getFinishedSpans();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  new AmqplibInstrumentation().setTracerProvider(provider);
}

let tellHandled;
const handled = new Promise(resolve => (tellHandled = resolve));
const fail = () => {
  tellHandled();
  throw new RangeError('out of stock');
};
const handlers = {
  throws: fail,
  'throws-with-listener': fail,
  rejects: async () => {
    await null;
    fail();
  },
};

async function main() {
  const connection = await amqp.connect(url, { noDelay: true });
  connection.on('error', error => tell('connection error', error));
  const channel = await connection.createChannel();
  channel.on('error', error => tell('channel error', error));
  channel.on('close', () => tell('channel close'));
  if (mode === 'throws-with-listener') channel.on('handler-error', error => tell('handler-error', error));
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.consume(queue, handlers[mode], { noAck: process.env.NO_ACK === 'true' });
  channel.sendToQueue(queue, Buffer.from('order 1'));
  await handled;
  // Whatever the library then says to the broker has been answered when all of this has.
  await (await amqp.connect(url)).close();
  await new Promise(resolve => setTimeout(resolve, 100));
  const failed = spans.finished?.().find(span => span.kind === CONSUMER);
  if (failed) console.error(JSON.stringify({ attributes: failed.attributes, status: failed.status }));
  process.exit();
}

main();
