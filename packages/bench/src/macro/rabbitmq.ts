import { randomUUID } from 'node:crypto';
import type { Channel, ConfirmChannel, ConsumeMessage } from 'amqplib';
import { tracedConfirmPublish, TracedConsumer } from '../by-hand/rabbitmq';
import { load } from '../library';
import type { Mode } from '../modes';
import type { MacroCase } from './case';

const COUNT = 10_000;
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
  ];
}

async function newQueue(channel: ConfirmChannel): Promise<string> {
  const { queue } = await channel.assertQueue(`bench-${randomUUID()}`, { exclusive: true, durable: false });
  return queue;
}

async function fill(publish: Publish, queue: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let open = COUNT;
    const confirmed = (error: unknown) => {
      if (error) reject(error as Error);
      else if (--open === 0) resolve();
    };
    for (let index = 0; index < COUNT; index++) publish('', queue, CONTENT, confirmed);
  });
}

async function consuming(mode: Mode, channel: Channel, queue: string, publish: Publish): Promise<MacroCase> {
  const traced = new TracedConsumer(channel);
  const consume = (handle: (message: ConsumeMessage | null) => void) =>
    mode === 'by hand' ? traced.consume(queue, handle, OPTIONS) : channel.consume(queue, handle, OPTIONS);
  const ack = mode === 'by hand' ? traced.ack.bind(traced) : channel.ack.bind(channel);
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
