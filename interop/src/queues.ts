import { CreateQueueCommand, DeleteQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { uniqueName, type System } from '@queuetrace/test-utils';
import amqplib from 'amqplib';
import { Kafka, logLevel } from 'kafkajs';
import { FAILURES } from './run-cell';

/** How a program is told where to send to, or to consume from. */
export interface Queues {
  readonly name: string;
  readonly address: string;
  readonly deadLetterAddress: string;
}

/** What makes the queues of one system, each with one for its dead letters, and deletes them all again. */
interface Maker {
  make(count: number): Promise<Queues[]>;
  deleteAll(): Promise<void>;
}

const names = (count: number) => Array.from({ length: count }, () => uniqueName('interop'));

function kafkaTopics(brokers: string): Maker {
  const admin = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).admin();
  const all: string[] = [];
  return {
    async make(count) {
      const queues = names(count).map(name => ({ name, address: name, deadLetterAddress: `${name}-dlt` }));
      const topics = queues.flatMap(({ address, deadLetterAddress }) => [address, deadLetterAddress]);
      all.push(...topics);
      await admin.connect();
      // One partition: what is sent together comes together.
      await admin.createTopics({ topics: topics.map(topic => ({ topic, numPartitions: 1 })), waitForLeaders: true });
      return queues;
    },
    async deleteAll() {
      // Clients may have made others: Spring does for retries.
      const known = await admin.listTopics();
      const topics = known.filter(topic => all.some(name => topic.startsWith(name)));
      if (topics.length > 0) await admin.deleteTopics({ topics });
      await admin.disconnect();
    },
  };
}

function rabbitMqQueues(url: string): Maker {
  const all: string[] = [];
  const withChannel = async (work: (channel: amqplib.Channel) => Promise<unknown>) => {
    const connection = await amqplib.connect(url);
    await work(await connection.createChannel());
    await connection.close();
  };
  return {
    async make(count) {
      const queues = names(count).map(name => ({ name, address: name, deadLetterAddress: `${name}.dlq` }));
      await withChannel(async channel => {
        for (const { address, deadLetterAddress } of queues) {
          all.push(address, deadLetterAddress);
          await channel.assertQueue(deadLetterAddress);
          await channel.assertQueue(address, { deadLetterExchange: '', deadLetterRoutingKey: deadLetterAddress });
        }
      });
      return queues;
    },
    deleteAll: () => withChannel(channel => Promise.all(all.map(queue => channel.deleteQueue(queue)))),
  };
}

function sqsQueues(endpoint: string): Maker {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const sqs = new SQSClient({ endpoint, region: 'us-east-1', credentials });
  const all: string[] = [];
  const create = async (QueueName: string, Attributes?: Record<string, string>) => {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
    all.push(QueueUrl!);
    return QueueUrl!;
  };
  const one = async (name: string): Promise<Queues> => {
    const deadLetterAddress = await create(`${name}-dlq`);
    const request = { QueueUrl: deadLetterAddress, AttributeNames: ['QueueArn' as const] };
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand(request));
    const policy = { deadLetterTargetArn: Attributes!.QueueArn, maxReceiveCount: FAILURES };
    const address = await create(name, { RedrivePolicy: JSON.stringify(policy) });
    return { name, address, deadLetterAddress };
  };
  return {
    make: count => Promise.all(names(count).map(one)),
    async deleteAll() {
      await Promise.all(all.map(QueueUrl => sqs.send(new DeleteQueueCommand({ QueueUrl }))));
      sqs.destroy();
    },
  };
}

export const queuesOn: Record<System, (address: string) => Maker> = {
  kafka: kafkaTopics,
  rabbitmq: rabbitMqQueues,
  aws_sqs: sqsQueues,
};
