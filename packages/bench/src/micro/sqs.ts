import type { SQSClient } from '@aws-sdk/client-sqs';
import { load } from '../library';
import type { Mode } from '../modes';
import { receiveAndDelete, sqsCalls } from '../sqs-calls';
import type { Case } from './case';
import { traceparent } from './traceparents';

const QueueUrl = 'http://127.0.0.1:9324/000000000000/orders';
/** As many as SQS takes and gives at once. */
const BATCH = 10;

/** What the service says to each request, as if it had been on the network. */
function answers(): Record<string, Buffer> {
  const entries = Array.from({ length: BATCH }, (_, index) => String(index));
  // The sum is not the right one: to know that costs as much as to know that it is.
  const sum = { MD5OfMessageAttributes: '00000000000000000000000000000000' };
  const bodies = {
    SendMessage: { MessageId: 'id', MD5OfMessageBody: 'sum', ...sum },
    SendMessageBatch: { Successful: entries.map(Id => ({ Id, MessageId: Id, MD5OfMessageBody: 'sum', ...sum })) },
    DeleteMessage: {},
    ReceiveMessage: { Messages: entries.map(received) },
  };
  return Object.fromEntries(Object.entries(bodies).map(([name, body]) => [name, Buffer.from(JSON.stringify(body))]));
}

function received(id: string) {
  return {
    MessageId: id,
    ReceiptHandle: `handle-${id}`,
    MD5OfBody: 'sum',
    Body: 'value',
    Attributes: { SentTimestamp: String(Date.now()), ApproximateReceiveCount: '1' },
    MessageAttributes: { traceparent: { DataType: 'String', StringValue: traceparent() } },
  };
}

function stubbedClient(): SQSClient {
  const { SQSClient } = load('@aws-sdk/client-sqs') as typeof import('@aws-sdk/client-sqs');
  const bodies = answers();
  const headers = { 'x-amzn-requestid': 'request', 'content-type': 'application/x-amz-json-1.0' };
  const handle = async (request: { headers: Record<string, string> }) => {
    const [, name] = request.headers['x-amz-target'].split('.');
    return { response: { statusCode: 200, headers, body: new Uint8Array(bodies[name]) } };
  };
  return new SQSClient({
    region: 'us-east-1',
    endpoint: 'http://127.0.0.1:9324',
    md5: false,
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
    signer: { sign: async (request: unknown) => request } as never,
    requestHandler: { handle, metadata: { handlerProtocol: 'http/1.1' }, destroy() {} } as never,
  });
}

export async function sqsCases(mode: Mode): Promise<Case[]> {
  const client = stubbedClient();
  const calls = sqsCalls(mode, client);
  const Entries = Array.from({ length: BATCH }, (_, index) => ({ Id: String(index), MessageBody: 'value' }));
  return [
    { name: 'SQS send', messages: 1, call: () => calls.send({ QueueUrl, MessageBody: 'value' }) },
    { name: 'SQS send batch of 10', messages: BATCH, call: () => calls.sendBatch({ QueueUrl, Entries }) },
    { name: 'SQS receive of 10', messages: BATCH, call: () => calls.receive({ QueueUrl, MaxNumberOfMessages: BATCH }) },
    {
      name: 'SQS delete',
      messages: 1,
      call: index => calls.delete({ QueueUrl, ReceiptHandle: `handle-${index % BATCH}` }),
    },
    {
      name: 'SQS receive of 10 + deletes',
      messages: BATCH,
      call: () => receiveAndDelete(calls, QueueUrl, BATCH),
    },
  ];
}
