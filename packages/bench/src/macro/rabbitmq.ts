import { randomUUID } from 'node:crypto';
import type { Channel, ChannelModel, ConfirmChannel, ConsumeMessage } from 'amqplib';
import { tracedConfirmPublish, TracedConsumer } from '../by-hand/rabbitmq';
import { load } from '../library';
import type { Mode } from '../modes';
import type { MacroCase } from './case';

const COUNT = 10_000;
const UNSETTLED = 20_000;
/** RabbitMQ itself takes a time that grows as their square: a second for so many, 20 seconds for 20,000. */
const UNSETTLED_IN_REVERSE = 5000;
const CONTENT = Buffer.from('content');
const PREFETCH = 100;
const OPTIONS = { consumerTag: 'bench' };

type Publish = ReturnType<typeof tracedConfirmPublish>;

export async function rabbitMqCases(mode: Mode, address: string): Promise<MacroCase[]> {
  const connection = await (load('amqplib') as typeof import('amqplib')).connect(address);
  const channel = await connection.createConfirmChannel();
  const queue = await newQueue(channel);
  const publish: Publish =
    mode === 'by hand'
      ? tracedConfirmPublish(channel)
      : (exchange, key, content, confirmed) => channel.publish(exchange, key, content, {}, confirmed);
  const consumer = await connection.createChannel();
  await consumer.prefetch(PREFETCH);
  return [
    {
      name: 'RabbitMQ publish + confirm',
      messages: COUNT,
      prepare: () => channel.purgeQueue(queue),
      run: () => fill(publish, queue),
    },
    await consuming(mode, consumer, await newQueue(channel), publish),
    await acking(mode, connection, publish, { count: UNSETTLED, order: 'in order' }),
    await acking(mode, connection, publish, { count: UNSETTLED_IN_REVERSE, order: 'in reverse' }),
  ];
}

async function newQueue(channel: ConfirmChannel): Promise<string> {
  const { queue } = await channel.assertQueue(`bench-${randomUUID()}`, { exclusive: true, durable: false });
  return queue;
}

async function fill(publish: Publish, queue: string, count = COUNT): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let open = count;
    const confirmed = (error: unknown) => {
      if (error) reject(error as Error);
      else if (--open === 0) resolve();
    };
    for (let index = 0; index < count; index++) publish('', queue, CONTENT, confirmed);
  });
}

type Handle = (message: ConsumeMessage | null) => void;

function consumerOf(mode: Mode, channel: Channel, queue: string) {
  const traced = new TracedConsumer(channel);
  const isByHand = mode === 'by hand';
  return {
    consume: (handle: Handle): Promise<unknown> =>
      isByHand ? traced.consume(queue, handle, OPTIONS) : channel.consume(queue, handle, OPTIONS),
    ack: isByHand ? traced.ack.bind(traced) : channel.ack.bind(channel),
  };
}

async function consuming(mode: Mode, channel: Channel, queue: string, publish: Publish): Promise<MacroCase> {
  const { consume, ack } = consumerOf(mode, channel, queue);
  let [open, done] = [0, () => {}];
  let isConsuming = false;
  const handle = (message: ConsumeMessage | null) => {
    ack(message!);
    if (--open === 0) done();
  };
  return {
    name: 'RabbitMQ consume + ack',
    messages: COUNT,
    async prepare() {
      // The consumer is there only while it is measured.
      if (isConsuming) await channel.cancel(OPTIONS.consumerTag);
      open = COUNT;
      await fill(publish, queue);
      isConsuming = true;
    },
    async run() {
      const consumed = new Promise<void>(resolve => (done = resolve));
      await consume(handle);
      await consumed;
    },
  };
}

/** From the first ack until the broker has taken the last one: all messages are delivered before. */
async function acking(
  mode: Mode,
  connection: ChannelModel,
  publish: Publish,
  { count, order }: { count: number; order: 'in order' | 'in reverse' },
): Promise<MacroCase> {
  const channel = await connection.createConfirmChannel();
  const queue = await newQueue(channel);
  const { consume, ack } = consumerOf(mode, channel, queue);
  let isConsuming = false;
  let messages: ConsumeMessage[] = [];
  return {
    name: `RabbitMQ ${count.toLocaleString('en')} acks ${order}`,
    messages: count,
    isTimed: true,
    async prepare() {
      if (isConsuming) await channel.cancel(OPTIONS.consumerTag);
      isConsuming = true;
      await fill(publish, queue, count);
      messages = await new Promise<ConsumeMessage[]>((resolve, reject) => {
        const delivered: ConsumeMessage[] = [];
        const handle: Handle = message => void (delivered.push(message!) === count && resolve(delivered));
        consume(handle).catch(reject);
      });
      if (order === 'in reverse') messages.reverse();
    },
    async run() {
      for (const message of messages) ack(message);
      // A channel's requests are answered in their order.
      await channel.checkQueue(queue);
    },
  };
}
