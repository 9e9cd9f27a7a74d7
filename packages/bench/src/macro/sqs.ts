import { randomUUID } from 'node:crypto';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { receiveAndDelete, sqsCalls, type Calls } from '../sqs-calls';
import { load } from '../library';
import type { Mode } from '../modes';
import type { MacroCase } from './case';

const COUNT = 200;
const BATCH = 10;

export async function sqsCases(mode: Mode, endpoint: string): Promise<MacroCase[]> {
  const { SQSClient, CreateQueueCommand } = load('@aws-sdk/client-sqs') as typeof import('@aws-sdk/client-sqs');
  const client: SQSClient = new SQSClient({
    region: 'us-east-1',
    endpoint,
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  });
  const { QueueUrl = '' } = await client.send(new CreateQueueCommand({ QueueName: `bench-${randomUUID()}` }));
  const calls = sqsCalls(mode, client);
  return [
    {
      name: 'SQS send',
      messages: COUNT,
      prepare: () => drain(calls, QueueUrl),
      run: () => repeat(COUNT, () => calls.send({ QueueUrl, MessageBody: 'value' })),
    },
    {
      name: 'SQS receive of 10 + deletes',
      messages: COUNT,
      prepare: () => refill(calls, QueueUrl),
      run: () => drain(calls, QueueUrl),
    },
  ];
}

async function repeat(count: number, call: () => Promise<unknown>): Promise<void> {
  for (let index = 0; index < count; index++) await call();
}

async function refill(calls: Calls, QueueUrl: string): Promise<void> {
  await drain(calls, QueueUrl);
  const Entries = Array.from({ length: BATCH }, (_, index) => ({ Id: String(index), MessageBody: 'value' }));
  await repeat(COUNT / BATCH, () => calls.sendBatch({ QueueUrl, Entries }));
}

async function drain(calls: Calls, QueueUrl: string): Promise<void> {
  while ((await receiveAndDelete(calls, QueueUrl, BATCH)) > 0);
}
