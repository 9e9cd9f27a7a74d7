import {
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type DeleteMessageCommandInput,
  type MessageAttributeValue,
  type ReceiveMessageCommandInput,
  type SendMessageBatchCommandInput,
  type SendMessageCommandInput,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Span } from '@opentelemetry/api';

/* What a careful author writes around @aws-sdk/client-sqs. It is not changed to move a ratio. */

const tracer = trace.getTracer('by-hand-sqs');

type MessageAttributes = Record<string, MessageAttributeValue>;

const setter = {
  set: (attributes: MessageAttributes, key: string, value: string) => {
    attributes[key] = { DataType: 'String', StringValue: value };
  },
};
const getter = {
  keys: (attributes: MessageAttributes | undefined) => Object.keys(attributes ?? {}),
  get: (attributes: MessageAttributes | undefined, key: string) => attributes?.[key]?.StringValue,
};

/** The client's calls, each in a span of its own. */
export class TracedSqs {
  constructor(
    private readonly _client: SQSClient,
    private readonly _server: { 'server.address': string; 'server.port': number },
  ) {}

  send(input: SendMessageCommandInput) {
    const attributes = { ...this._attributes('send', 'send', input.QueueUrl), 'messaging.batch.message_count': 1 };
    return this._traced(SpanKind.PRODUCER, attributes, () =>
      this._client.send(new SendMessageCommand({ ...input, MessageAttributes: injected(input.MessageAttributes) })),
    );
  }

  sendBatch(input: SendMessageBatchCommandInput) {
    const attributes = this._attributes('send', 'send', input.QueueUrl);
    const count = { 'messaging.batch.message_count': input.Entries?.length };
    return this._traced(SpanKind.PRODUCER, { ...attributes, ...count }, () => {
      const Entries = input.Entries?.map(one => ({ ...one, MessageAttributes: injected(one.MessageAttributes) }));
      return this._client.send(new SendMessageBatchCommand({ ...input, Entries }));
    });
  }

  async receive(input: ReceiveMessageCommandInput) {
    const startTime = Date.now();
    const names = [...(input.MessageAttributeNames ?? []), ...propagation.fields()];
    const output = await this._client.send(new ReceiveMessageCommand({ ...input, MessageAttributeNames: names }));
    const links = [];
    for (const { MessageAttributes } of output.Messages ?? []) {
      const creation = trace.getSpanContext(propagation.extract(ROOT_CONTEXT, MessageAttributes, getter));
      if (creation) links.push({ context: creation });
    }
    const attributes = this._attributes('receive', 'receive', input.QueueUrl);
    const count = { 'messaging.batch.message_count': output.Messages?.length };
    const options = { kind: SpanKind.CLIENT, attributes: { ...attributes, ...count }, links, startTime };
    tracer.startSpan(nameOf(attributes), options).end();
    return output;
  }

  delete(input: DeleteMessageCommandInput) {
    const attributes = { ...this._attributes('delete', 'settle', input.QueueUrl), 'messaging.batch.message_count': 1 };
    return this._traced(SpanKind.CLIENT, attributes, () => this._client.send(new DeleteMessageCommand(input)));
  }

  private _attributes(name: string, type: string, queueUrl = '') {
    return {
      'messaging.system': 'aws_sqs',
      'messaging.operation.name': name,
      'messaging.operation.type': type,
      'messaging.destination.name': queueUrl.slice(queueUrl.lastIndexOf('/') + 1),
      'aws.sqs.queue.url': queueUrl,
      ...this._server,
    };
  }

  private _traced<T>(kind: SpanKind, attributes: ReturnType<TracedSqs['_attributes']>, call: () => Promise<T>) {
    return tracer.startActiveSpan(nameOf(attributes), { kind, attributes }, span => ended(span, call));
  }
}

const nameOf = (attributes: { 'messaging.operation.name': string; 'messaging.destination.name': string }) =>
  `${attributes['messaging.operation.name']} ${attributes['messaging.destination.name']}`;

function injected(attributes: MessageAttributes | undefined): MessageAttributes {
  const own = { ...attributes };
  propagation.inject(context.active(), own, setter);
  return own;
}

async function ended<T>(span: Span, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    span.recordException(error as Error);
    span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
    throw error;
  } finally {
    span.end();
  }
}
