import type { Message, SQSClient } from '@aws-sdk/client-sqs';
import { TracedSqs } from './by-hand/sqs';
import { load } from './library';
import type { Mode } from './modes';

/** A client's calls, however they are traced. */
export type Calls = Pick<TracedSqs, 'send' | 'sendBatch' | 'receive' | 'delete'>;

const SERVER = { 'server.address': '127.0.0.1', 'server.port': 9324 };

export function sqsCalls(mode: Mode, client: SQSClient): Calls {
  if (mode === 'by hand') return new TracedSqs(client, SERVER);
  const sdk = load('@aws-sdk/client-sqs') as typeof import('@aws-sdk/client-sqs');
  return {
    send: input => client.send(new sdk.SendMessageCommand(input)),
    sendBatch: input => client.send(new sdk.SendMessageBatchCommand(input)),
    receive: input => client.send(new sdk.ReceiveMessageCommand(input)),
    delete: input => client.send(new sdk.DeleteMessageCommand(input)),
  };
}

/** One poll. By index: in a loop over them, messages would be told as processed, for which there are no spans by hand. */
export async function receiveAndDelete(calls: Calls, QueueUrl: string, MaxNumberOfMessages: number): Promise<number> {
  const { Messages = [] }: { Messages?: Message[] } = await calls.receive({ QueueUrl, MaxNumberOfMessages });
  for (let index = 0; index < Messages.length; index++) {
    await calls.delete({ QueueUrl, ReceiptHandle: Messages[index].ReceiptHandle });
  }
  return Messages.length;
}
