/**
 * `npm run bench:memory`: what is still in memory after so many RabbitMQ messages, with and without instrumentation: sent,
 * confirmed, delivered and settled in each way, on one connection. And what messages take that nobody settles.
 */
import type { Channel, ConfirmChannel, ConsumeMessage } from 'amqplib';
import { TracedConsumer } from '../by-hand/rabbitmq';
import { instrument } from '../instrument';
import { load } from '../library';
import { realBrokers } from '../macro/brokers';
import type { Mode } from '../modes';
import { installTelemetry } from '../telemetry';

const [, , mode = 'ours with metrics', total = '1000000', unsettled = '100000'] = process.argv;
const STEPS = 10;
const AT_ONCE = 1000;
const CONTENT = Buffer.from('content');

/** What is live, in MB. */
function heapMb(): number {
  global.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

const tell = (what: string, mb = heapMb()) => console.log(`${mode}: ${mb.toFixed(1)} MB ${what}`);

/** Acked one by one, acked with the ones before, refused: the way changes with each message. */
function settle(channel: Channel, message: ConsumeMessage, index: number): void {
  if (index % 10 === 0) channel.nack(message, false, false);
  else channel.ack(message, index % 10 === 9);
}

async function publish(channel: ConfirmChannel, queue: string, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += AT_ONCE) {
    for (let index = 0; index < AT_ONCE; index++) {
      if (index % 2 === 0) channel.sendToQueue(queue, CONTENT, { messageId: String(sent + index) });
      else channel.sendToQueue(queue, CONTENT, { replyTo: 'replies', correlationId: String(sent + index) }, () => {});
    }
    await channel.waitForConfirms();
  }
}

async function main(): Promise<void> {
  installTelemetry(mode as Mode);
  instrument(mode as Mode);
  const amqp = load('amqplib') as typeof import('amqplib');
  const connection = await amqp.connect(realBrokers().rabbitmq, { noDelay: true });
  const [publisher, consumer] = [await connection.createConfirmChannel(), await connection.createChannel()];
  const { queue } = await publisher.assertQueue('', { exclusive: true });
  await consumer.prefetch(AT_ONCE);
  let settled = 0;
  let reached = () => {};
  await consumer.consume(queue, message => {
    settle(consumer, message!, settled++);
    if (settled % (Number(total) / STEPS) === 0) reached();
  });
  tell('before');
  for (let step = 1; step <= STEPS; step++) {
    const all = new Promise<void>(resolve => (reached = resolve));
    await publish(publisher, queue, Number(total) / STEPS);
    await all;
    tell(`after ${settled} messages`);
  }
  await consumer.close();
  const keeper = await connection.createChannel();
  const before = heapMb();
  let kept = 0;
  const all = new Promise<void>(resolve => (reached = resolve));
  const keep = () => void (++kept === Number(unsettled) && reached());
  // By hand only what nobody settles is measured: it is the SDK's span, and where it is kept.
  await (mode === 'by hand' ? new TracedConsumer(keeper).consume(queue, keep) : keeper.consume(queue, keep));
  await publish(publisher, queue, Number(unsettled));
  await all;
  tell(`more for ${kept} messages that nobody has settled`, heapMb() - before);
  await keeper.close();
  tell(`more when their channel has closed`, heapMb() - before);
  await connection.close();
}

void main();
