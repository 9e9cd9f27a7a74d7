import { AwsError, queueDoesNotExist } from './errors';
import { Queue } from './queue';
import {
  assertKnownAttributes,
  assertSameAttributes,
  initialAttributes,
  invalidRedrivePolicy,
  redrivePolicy,
  type QueueAttributes,
} from './queue-attributes';

export const REGION = 'us-east-1';
export const ACCOUNT_ID = '000000000000';

/** The queues of the only account, in the only region. */
export class Account {
  private readonly queues = new Map<string, Queue>();
  /** Where the server listens: the beginning of every queue URL. */
  endpoint = '';

  list(prefix = ''): Queue[] {
    return [...this.queues.values()].filter(queue => queue.name.startsWith(prefix));
  }

  urlOf(queue: Queue): string {
    return `${this.endpoint}/${ACCOUNT_ID}/${queue.name}`;
  }

  byUrl(url: string | undefined): Queue {
    return this.byName(url?.split('/').at(-1));
  }

  byName(name: string | undefined): Queue {
    const queue = this.queues.get(name ?? '');
    if (!queue) throw queueDoesNotExist();
    return queue;
  }

  findByArn(arn: string | undefined): Queue | undefined {
    const queue = this.queues.get(arn?.split(':').at(-1) ?? '');
    return queue?.arn === arn ? queue : undefined;
  }

  byArn(arn: string | undefined): Queue {
    const queue = this.findByArn(arn);
    if (queue) return queue;
    const message = 'The resource that you specified for the SourceArn parameter does not exist.';
    throw new AwsError('com.amazonaws.sqs#ResourceNotFoundException', message, 'ResourceNotFoundException');
  }

  create(name: string, given: QueueAttributes = {}): Queue {
    const existing = this.queues.get(name);
    if (existing) {
      assertSameAttributes(existing.settings, given);
      return existing;
    }
    const attributes = initialAttributes(name, given);
    this.assertDeadLetterQueue(attributes);
    const arn = `arn:aws:sqs:${REGION}:${ACCOUNT_ID}:${name}`;
    const queue = new Queue(name, arn, attributes, wanted => this.findByArn(wanted));
    this.queues.set(name, queue);
    return queue;
  }

  configure(queue: Queue, attributes: QueueAttributes = {}): void {
    assertKnownAttributes(attributes);
    this.assertDeadLetterQueue(attributes);
    queue.configure(attributes);
  }

  delete(queue: Queue): void {
    this.queues.delete(queue.name);
  }

  /** The queues whose undeliverable messages end up in this one. */
  deadLetterSources({ arn }: Queue): Queue[] {
    return this.list().filter(queue => redrivePolicy(queue.settings)?.deadLetterTargetArn === arn);
  }

  private assertDeadLetterQueue(attributes: QueueAttributes): void {
    const policy = redrivePolicy(attributes);
    if (!policy || this.findByArn(policy.deadLetterTargetArn)) return;
    throw invalidRedrivePolicy(attributes.RedrivePolicy, 'Dead letter target does not exist.');
  }
}
