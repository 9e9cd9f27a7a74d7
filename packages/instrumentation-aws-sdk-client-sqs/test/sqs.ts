import { SQS, type Message, type SQSClientConfig } from '@aws-sdk/client-sqs';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { uniqueName, type Broker } from '@queuetrace/test-utils';

export interface Queue {
  name: string;
  url: string;
}

/** What a server gives, as it is on the wire. */
export interface WireMessage {
  MessageId: string;
  Body: string;
  ReceiptHandle: string;
  MD5OfMessageAttributes?: string;
  MessageAttributes?: Record<string, { DataType: string; StringValue?: string; BinaryValue?: string }>;
  Attributes?: Record<string, string>;
}

/** The library's own clients for the tests of one suite, and what is on the wire without them. */
export function withSqs(broker: Broker) {
  const open: SQS[] = [];
  let client: SQS;

  before(() => {
    client = newClient(broker);
    open.push(client);
  });
  after(() => open.splice(0).forEach(one => one.destroy()));

  const call = async <T>(action: string, input: object): Promise<T> => {
    const response = await fetch(broker.address, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `AmazonSQS.${action}`,
        // moto looks here for the service.
        authorization: 'AWS4-HMAC-SHA256 Credential=test/20250101/us-east-1/sqs/aws4_request',
      },
      body: JSON.stringify(input),
    });
    const answer = (await response.json()) as T;
    if (!response.ok) throw new Error(`${action}: ${JSON.stringify(answer)}`);
    return answer;
  };

  return {
    get client() {
      return client;
    },
    get url() {
      return new URL(broker.address);
    },

    newClient(config?: SQSClientConfig): SQS {
      const one = newClient(broker, config);
      open.push(one);
      return one;
    },

    async queue(attributes: Record<string, string> = {}, suffix = ''): Promise<Queue> {
      const name = uniqueName('orders') + suffix;
      const { QueueUrl } = await call<{ QueueUrl: string }>('CreateQueue', { QueueName: name, Attributes: attributes });
      return { name, url: QueueUrl };
    },

    /** Any call without the library. */
    call,

    /** Sends without the library. */
    seed: (queue: Queue, message: object = {}) =>
      call<{ MessageId: string }>('SendMessage', { QueueUrl: queue.url, MessageBody: 'seeded', ...message }),

    /** Receives all that is there, and all of it. */
    async wire(queue: Queue, input: object = {}): Promise<WireMessage[]> {
      const all = { MessageAttributeNames: ['All'], MessageSystemAttributeNames: ['All'] };
      const request = { QueueUrl: queue.url, MaxNumberOfMessages: 10, ...all, ...input };
      const { Messages = [] } = await call<{ Messages?: WireMessage[] }>('ReceiveMessage', request);
      return Messages;
    },
  };
}

function newClient({ address }: Broker, config?: SQSClientConfig): SQS {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return new SQS({ region: 'us-east-1', endpoint: address, credentials, maxAttempts: 1, ...config });
}

/** A remote context as somebody writes it into a message, and as a span or link shows it. */
export const USER_TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
export const USER_SPAN_ID = 'b7ad6b7169203331';
export const USER_TRACEPARENT = `00-${USER_TRACE_ID}-${USER_SPAN_ID}-01`;
/** The same for X-Ray. */
export const USER_TRACE_HEADER = `Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=${USER_SPAN_ID};Sampled=1`;

export const text = (value: string) => ({ DataType: 'String', StringValue: value });
export const userAttributes = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`user-${index}`, text(`value ${index}`)]));

export function traceparent(span: ReadableSpan): string {
  const { traceId, spanId } = span.spanContext();
  return `00-${traceId}-${spanId}-01`;
}

export const attribute = ({ MessageAttributes }: WireMessage | Message, name: string) =>
  MessageAttributes?.[name]?.StringValue;

/** As an attribute; ElasticMQ gives its answers no id. */
export const requestId = ({ $metadata }: { $metadata: { requestId?: string } }) =>
  $metadata.requestId === undefined ? {} : { 'aws.request_id': $metadata.requestId };

export const linkedSpanIds = (span: ReadableSpan) => span.links.map(({ context }) => context.spanId);

interface Switch {
  enable(): void;
  disable(): void;
}

/** How a call ends, with an instrumentation switched off meanwhile if one is given: the way it is without us. */
export async function outcomeOf<T>(
  off: Switch | undefined,
  call: () => Promise<T>,
): Promise<{ value?: T; error?: Error }> {
  off?.disable();
  try {
    return { value: await call() };
  } catch (error) {
    return { error: error as Error };
  } finally {
    off?.enable();
  }
}

export function deepFrozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const one of Object.values(value)) deepFrozen(one);
  return Object.freeze(value);
}
