import { randomUUID } from 'node:crypto';
import type { Message, SQS } from '@aws-sdk/client-sqs';
import { FaultProxy } from '@queuetrace/test-utils';
import { load } from '../library';
import { Ledger, type Load } from './load';

export async function sqsLoad(address: string): Promise<Load> {
  const library = load('@aws-sdk/client-sqs') as typeof import('@aws-sdk/client-sqs');
  const proxy = await new FaultProxy(address).start();
  const client = new library.SQS({
    region: 'us-east-1',
    endpoint: proxy.address,
    credentials: { accessKeyId: 'soak', secretAccessKey: 'soak' },
    requestHandler: { requestTimeout: 4000, throwOnRequestTimeout: true, connectionTimeout: 1000 } as object,
  });
  const QueueName = `soak-${randomUUID()}`;
  const { QueueUrl } = await client.createQueue({ QueueName, Attributes: { VisibilityTimeout: '2' } });
  return new SqsLoad(proxy, client, proxy.at(QueueUrl!));
}

/** An app that polls, and deletes what it has handled. */
class SqsLoad implements Load {
  readonly ledger = new Ledger();
  private readonly failed = new Set<string>();
  private readonly polling: Promise<void>;
  private isStopped = false;

  constructor(
    readonly proxy: FaultProxy,
    private readonly client: SQS,
    private readonly QueueUrl: string,
  ) {
    this.polling = this.poll();
  }

  send(): void {
    const id = this.ledger.begin();
    this.client.sendMessage({ QueueUrl: this.QueueUrl, MessageBody: id }).then(
      () => this.ledger.sent(id),
      error => this.ledger.sent(id, error),
    );
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.polling;
    await this.client.deleteQueue({ QueueUrl: this.QueueUrl }).catch(() => {});
    this.client.destroy();
    await this.proxy.stop();
  }

  private async poll(): Promise<void> {
    const input = { QueueUrl: this.QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 };
    while (!this.isStopped) {
      try {
        const { Messages = [] } = await this.client.receiveMessage(input);
        for (const message of Messages) await this.handle(message);
      } catch {
        this.ledger.refused++;
      }
    }
  }

  private async handle({ Body = '', ReceiptHandle }: Message): Promise<void> {
    if (this.ledger.isFailing(Body) && !this.failed.delete(Body)) {
      this.failed.add(Body);
      this.ledger.failures++;
      return;
    }
    this.ledger.done(Body);
    await this.client.deleteMessage({ QueueUrl: this.QueueUrl, ReceiptHandle });
  }
}
