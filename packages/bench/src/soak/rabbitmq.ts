import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Channel, ChannelModel, ConfirmChannel, ConsumeMessage } from 'amqplib';
import { FaultProxy } from '@queuetrace/test-utils';
import { load } from '../library';
import { Ledger, RECONNECT_AFTER_MS, type Load } from './load';

const CONTENT = Buffer.from('an order');
const PREFETCH = 50;
/** In seconds, so that a half-open connection is soon found out. */
const OPTIONS = { heartbeat: 2, noDelay: true, timeout: 2000 };

export async function rabbitMqLoad(address: string): Promise<Load> {
  const load = new RabbitMqLoad(await new FaultProxy(address).start());
  await load.connect();
  return load;
}

/** An app that connects anew whenever its connection is lost. */
class RabbitMqLoad implements Load {
  readonly ledger = new Ledger();
  private readonly amqp = load('amqplib') as typeof import('amqplib');
  private readonly queue = `soak-${randomUUID()}`;
  private connection?: ChannelModel;
  private channel?: ConfirmChannel;
  private isStopped = false;

  constructor(readonly proxy: FaultProxy) {}

  async connect(): Promise<void> {
    const connection = await this.amqp.connect(this.proxy.address, OPTIONS);
    this.connection = connection;
    connection.on('error', () => {});
    connection.once('close', () => {
      this.channel = undefined;
      if (!this.isStopped) void this.reconnect();
    });
    const publisher = await connection.createConfirmChannel();
    const consumer = await connection.createChannel();
    for (const channel of [publisher, consumer]) channel.on('error', () => {});
    await publisher.assertQueue(this.queue, { durable: true, expires: 600_000 });
    await consumer.prefetch(PREFETCH);
    await consumer.consume(this.queue, message => {
      if (message) this.handle(consumer, message);
    });
    this.channel = publisher;
  }

  send(): void {
    if (!this.channel) return;
    const id = this.ledger.begin();
    const options = { messageId: id, persistent: true };
    try {
      this.channel.sendToQueue(this.queue, CONTENT, options, error => this.ledger.sent(id, error));
    } catch (error) {
      this.ledger.sent(id, error);
    }
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.channel?.deleteQueue(this.queue).catch(() => {});
    await this.connection?.close().catch(() => {});
    await this.proxy.stop();
  }

  private async reconnect(): Promise<void> {
    await delay(RECONNECT_AFTER_MS);
    const before = this.connection;
    // One that was lost on its way has its successor from its own end.
    await this.connect().catch(() => (this.connection === before ? this.reconnect() : undefined));
  }

  private handle(consumer: Channel, message: ConsumeMessage): void {
    const id = message.properties.messageId as string;
    if (this.ledger.isFailing(id) && !message.fields.redelivered) {
      this.ledger.failures++;
      return consumer.nack(message);
    }
    this.ledger.done(id);
    consumer.ack(message);
  }
}
