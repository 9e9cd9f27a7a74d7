/** What the services of the shop share. There is no OpenTelemetry in here, nor in any of them. */

export interface Order {
  id: string;
  amount: number;
  /** Where this order fails, until somebody has mended it. */
  poisonedAt?: 'payment' | 'shipping' | 'invoicing' | 'notification';
}

const env = (name: string) => process.env[name] ?? '';
/** Keeps runs apart where brokers outlive them. */
const run = env('DEMO_RUN');

export const kafkaBrokers = env('KAFKA_BROKERS').split(',');
export const rabbitmqUrl = env('RABBITMQ_URL');
export const sqsConfig = {
  endpoint: env('SQS_ENDPOINT'),
  region: 'us-east-1',
  credentials: { accessKeyId: 'demo', secretAccessKey: 'demo' },
};

export const ordersTopic = `orders${run}`;
export const ordersDlqTopic = `orders${run}.dlq`;
export const paymentsExchange = `payments${run}`;
export const shippingQueue = `shipping${run}`;
export const shippingDlqQueue = `shipping${run}.dlq`;
export const invoicingQueue = `invoicing${run}`;
export const invoicingDlqQueue = `invoicing${run}.dlq`;
export const notificationsQueue = `notifications${run}`;
export const notificationsDlqQueue = `notifications${run}-dlq`;

export const encode = (order: Order) => JSON.stringify(order);
export const decode = (value: Buffer | string | null | undefined) => JSON.parse(String(value)) as Order;
export const mended = ({ id, amount }: Order): Order => ({ id, amount });

/** Work takes time. */
export const work = (milliseconds: number) => new Promise<void>(resolve => setTimeout(resolve, milliseconds));

/** Runs a service: says when it is ready, and closes it when it is told to stop. */
export async function serve(start: () => Promise<() => Promise<unknown>>): Promise<void> {
  const close = await start();
  process.once('SIGTERM', () => void close());
  process.send?.('ready');
  process.channel?.unref();
}
