import { randomUUID } from 'node:crypto';
import { epochMs } from '../clock';
import { ACCOUNT_ID, REGION, type Account } from './account';
import { AwsError } from './errors';
import type { MessageAttributes } from './message-attributes';

export interface Publication {
  readonly message: string;
  readonly subject?: string;
  readonly attributes: MessageAttributes;
  readonly groupId?: string;
  readonly deduplicationId?: string;
}

interface Subscription {
  readonly arn: string;
  readonly queueArn: string;
  /** The message as it is, with its attributes, instead of in an envelope. */
  readonly raw: boolean;
}

interface Topic {
  readonly arn: string;
  readonly subscriptions: Map<string, Subscription>;
}

/** Topics that pass what is published on to SQS queues. */
export class Topics {
  private readonly topics = new Map<string, Topic>();

  constructor(private readonly account: Account) {}

  arns(): string[] {
    return [...this.topics.keys()];
  }

  create(name: string): string {
    const arn = `arn:aws:sns:${REGION}:${ACCOUNT_ID}:${name}`;
    if (!this.topics.has(arn)) this.topics.set(arn, { arn, subscriptions: new Map() });
    return arn;
  }

  delete(arn: string): void {
    this.topics.delete(arn);
  }

  subscribe(topicArn: string, queueArn: string, raw: boolean): string {
    const topic = this.topic(topicArn);
    const existing = [...topic.subscriptions.values()].find(subscription => subscription.queueArn === queueArn);
    const arn = existing?.arn ?? `${topicArn}:${randomUUID()}`;
    topic.subscriptions.set(arn, { arn, queueArn, raw });
    return arn;
  }

  unsubscribe(subscriptionArn: string): void {
    for (const topic of this.topics.values()) topic.subscriptions.delete(subscriptionArn);
  }

  /** Returns the id of the publication, which is none of a message in a queue. */
  publish(topicArn: string, publication: Publication): string {
    const topic = this.topic(topicArn);
    const id = randomUUID();
    for (const subscription of topic.subscriptions.values()) this.deliver(topic, subscription, id, publication);
    return id;
  }

  private topic(arn: string): Topic {
    const topic = this.topics.get(arn);
    if (!topic) throw new AwsError('NotFound', 'Topic does not exist');
    return topic;
  }

  private deliver(topic: Topic, { queueArn, raw }: Subscription, id: string, publication: Publication): void {
    const queue = this.account.findByArn(queueArn);
    const { message, attributes, groupId, deduplicationId } = publication;
    const content = raw
      ? { MessageBody: message, MessageAttributes: attributes }
      : { MessageBody: envelope(topic, id, publication) };
    try {
      queue?.send({ ...content, MessageGroupId: groupId, MessageDeduplicationId: deduplicationId });
    } catch (error) {
      // Like in AWS, what a queue does not take (more than ten attributes, say) is lost without the publisher knowing.
      if (!(error instanceof AwsError)) throw error;
    }
  }
}

/** What a subscriber without raw delivery gets as the message's body. */
function envelope({ arn }: Topic, id: string, { message, subject, attributes }: Publication): string {
  const entries = Object.entries(attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
    name,
    { Type: DataType, Value: StringValue ?? BinaryValue },
  ]);
  return JSON.stringify({
    Type: 'Notification',
    MessageId: id,
    TopicArn: arn,
    Subject: subject,
    Message: message,
    Timestamp: new Date(epochMs()).toISOString(),
    SignatureVersion: '1',
    Signature: 'none',
    MessageAttributes: entries.length > 0 ? Object.fromEntries(entries) : undefined,
  });
}
