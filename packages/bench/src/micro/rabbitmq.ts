import type { Channel, ConfirmChannel, ConsumeMessage } from 'amqplib';
import { tracedConfirmPublish, tracedPublish, TracedConsumer } from '../by-hand/rabbitmq';
import { load, loadFile } from '../library';
import type { Mode } from '../modes';
import type { Case } from './case';
import { traceparent } from './traceparents';

const EXCHANGE = 'shop';
const ROUTING_KEY = 'order.created';
const QUEUE = 'orders';
const CONTENT = Buffer.from('content');
const UNSETTLED = 20_000;

interface Definitions {
  BasicConsume: number;
  BasicConsumeOk: number;
  BasicAck: number;
}

/** The library's own channels, on a connection that takes everything and has answered each request at once. */
type Stubbed<C> = C & { accept(frame: object): void; setOptions(options: object): void; lwm: number };

function openChannel<C extends Channel>(type: 'Channel' | 'ConfirmChannel'): Stubbed<C> {
  const model = loadFile('amqplib', 'lib/channel_model.js') as Record<string, new (connection: object) => Stubbed<C>>;
  const defs = loadFile('amqplib', 'lib/defs.js') as Definitions;
  const connection = {
    stream: { _host: '127.0.0.1', remoteAddress: '127.0.0.1', remotePort: 5672 },
    freshChannel: () => 1,
    sendMethod(_channel: number, method: number) {
      if (method !== defs.BasicConsume) return;
      setImmediate(() => channel.accept({ id: defs.BasicConsumeOk, fields: { consumerTag: 'bench' } }));
    },
    sendMessage: () => true,
  };
  const channel = new model[type](connection);
  return channel;
}

export async function rabbitMqCases(mode: Mode): Promise<Case[]> {
  // The main file is loaded too, as by an app: some instrumentations wait for it.
  load('amqplib');
  return [
    publishing(mode),
    confirmedPublishing(mode),
    await consuming(mode),
    await acking(mode, 'in order', messages => messages),
    await acking(mode, 'in reverse', messages => messages.reverse()),
  ];
}

function publishing(mode: Mode): Case {
  const channel = openChannel<Channel>('Channel');
  const publish: ReturnType<typeof tracedPublish> =
    mode === 'by hand' ? tracedPublish(channel) : (...args) => channel.publish(...args);
  return { name: 'RabbitMQ publish', messages: 1, call: () => void publish(EXCHANGE, ROUTING_KEY, CONTENT) };
}

function confirmedPublishing(mode: Mode): Case {
  const channel = openChannel<ConfirmChannel>('ConfirmChannel');
  const { BasicAck } = loadFile('amqplib', 'lib/defs.js') as Definitions;
  const publish: ReturnType<typeof tracedConfirmPublish> =
    mode === 'by hand'
      ? tracedConfirmPublish(channel)
      : (exchange, routingKey, content, confirmed) => channel.publish(exchange, routingKey, content, {}, confirmed);
  return {
    name: 'RabbitMQ publish + confirm',
    messages: 1,
    call() {
      publish(EXCHANGE, ROUTING_KEY, CONTENT, () => {});
      channel.accept({ id: BasicAck, fields: { deliveryTag: channel.lwm, multiple: false } });
    },
  };
}

type Handle = (message: ConsumeMessage) => void;

/** A consumer on a channel of its own; gives back how to hand it a message and how to ack one. */
async function startConsumer(mode: Mode, handle: Handle): Promise<{ deliver: Handle; ack: Handle }> {
  const channel = openChannel<Channel>('Channel');
  const traced = new TracedConsumer(channel);
  const onMessage = (message: ConsumeMessage | null) => handle(message!);
  if (mode === 'by hand') await traced.consume(QUEUE, onMessage);
  else await channel.consume(QUEUE, onMessage);
  return {
    deliver: message => channel.emit('delivery', message),
    ack: mode === 'by hand' ? message => traced.ack(message) : message => channel.ack(message),
  };
}

let lastTag = 0;

function delivered(count: number): ConsumeMessage[] {
  return Array.from({ length: count }, () => ({
    fields: {
      consumerTag: 'bench',
      deliveryTag: ++lastTag,
      redelivered: false,
      exchange: EXCHANGE,
      routingKey: ROUTING_KEY,
    },
    properties: { headers: { traceparent: traceparent() } } as Partial<ConsumeMessage['properties']> as never,
    content: CONTENT,
  }));
}

async function consuming(mode: Mode): Promise<Case> {
  const consumer = await startConsumer(mode, message => consumer.ack(message));
  let messages: ConsumeMessage[] = [];
  return {
    name: 'RabbitMQ consume + ack',
    messages: 1,
    prepare: calls => void (messages = delivered(calls)),
    call: index => consumer.deliver(messages[index]),
  };
}

async function acking(mode: Mode, order: string, arrange: (messages: ConsumeMessage[]) => ConsumeMessage[]) {
  const consumer = await startConsumer(mode, () => {});
  let messages: ConsumeMessage[] = [];
  return {
    name: `RabbitMQ 20,000 acks ${order}`,
    messages: UNSETTLED,
    fixedCalls: 1,
    prepare() {
      messages = delivered(UNSETTLED);
      messages.forEach(consumer.deliver);
      messages = arrange(messages);
    },
    call: () => messages.forEach(consumer.ack),
  };
}
