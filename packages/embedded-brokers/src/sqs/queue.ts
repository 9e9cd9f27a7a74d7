import { epochMs } from '../clock';
import { assertRange, invalidParameter, sqsError } from './errors';
import { Fifo, type SendReceipt } from './fifo';
import { assertValidMessage, checksums, moved, newMessage, type Message, type MessageInput } from './message';
import { redrivePolicy, type QueueAttributes } from './queue-attributes';
import { newReceiptHandle, parseReceiptHandle } from './receipt-handle';
import { Waiters } from './waiters';

export interface ReceiveOptions {
  readonly maxMessages?: number;
  readonly visibilityTimeout?: number;
  readonly waitTimeSeconds?: number;
  /** Aborted when the client has gone: it must not be given a message any more. */
  readonly signal: AbortSignal;
}

const MAX_BATCH = 10;
const MAX_WAIT_SECONDS = 20;
const MAX_VISIBILITY_SECONDS = 43200;

/** A queue, standard or FIFO. */
export class Queue {
  private readonly createdAt = epochMs();
  private readonly fifo?: Fifo;
  private readonly waiters = new Waiters();
  private messages: Message[] = [];
  private attributes: QueueAttributes;

  constructor(
    readonly name: string,
    readonly arn: string,
    attributes: QueueAttributes,
    private readonly findQueue: (arn: string) => Queue | undefined,
  ) {
    this.attributes = attributes;
    if (attributes.FifoQueue === 'true') this.fifo = new Fifo();
  }

  get settings(): QueueAttributes {
    return this.attributes;
  }

  configure(attributes: QueueAttributes): void {
    this.attributes = { ...this.attributes, ...attributes };
  }

  /** The settings, and what there is to tell about the present state. */
  describe(): QueueAttributes {
    const now = epochMs();
    const hidden = this.messages.filter(message => message.visibleAt > now);
    const inFlight = hidden.filter(message => message.receiptHandle).length;
    const created = String(Math.floor(this.createdAt / 1000));
    return {
      ...this.attributes,
      QueueArn: this.arn,
      CreatedTimestamp: created,
      LastModifiedTimestamp: created,
      ApproximateNumberOfMessages: String(this.messages.length - hidden.length),
      ApproximateNumberOfMessagesNotVisible: String(inFlight),
      ApproximateNumberOfMessagesDelayed: String(hidden.length - inFlight),
    };
  }

  send(input: MessageInput) {
    assertValidMessage(input);
    const message = newMessage(input, Number(input.DelaySeconds ?? this.attributes.DelaySeconds));
    const receipt = this.fifo ? this.sendInOrder(this.fifo, input, message) : { MessageId: message.id };
    if (!this.fifo) this.put(message);
    return { ...checksums(input), ...receipt };
  }

  put(message: Message): void {
    this.messages.push(message);
    this.waiters.wake();
  }

  /** Waits for a message if there is none. */
  async receive({ maxMessages = 1, visibilityTimeout, waitTimeSeconds, signal }: ReceiveOptions): Promise<Message[]> {
    assertRange('MaxNumberOfMessages', maxMessages, 1, MAX_BATCH);
    assertRange('WaitTimeSeconds', waitTimeSeconds, 0, MAX_WAIT_SECONDS);
    assertRange('VisibilityTimeout', visibilityTimeout, 0, MAX_VISIBILITY_SECONDS);
    const hideMs = Number(visibilityTimeout ?? this.attributes.VisibilityTimeout) * 1000;
    const waitMs = Number(waitTimeSeconds ?? this.attributes.ReceiveMessageWaitTimeSeconds) * 1000;
    const deadline = epochMs() + waitMs;
    let received = this.take(maxMessages, hideMs);
    while (received.length === 0 && epochMs() < deadline && !signal.aborted) {
      await this.waiters.wait(Math.min(deadline, this.nextVisibleAt()), signal);
      if (!signal.aborted) received = this.take(maxMessages, hideMs);
    }
    return received;
  }

  /** With an outdated receipt handle nothing happens, and no error either. */
  delete(receiptHandle: string | undefined): void {
    const id = parseReceiptHandle(receiptHandle, this.arn);
    this.messages = this.messages.filter(message => message.id !== id || message.receiptHandle !== receiptHandle);
    this.waiters.wake();
  }

  changeVisibility(receiptHandle: string | undefined, seconds: number): void {
    const id = parseReceiptHandle(receiptHandle, this.arn);
    assertRange('VisibilityTimeout', seconds, 0, MAX_VISIBILITY_SECONDS);
    const message = this.messages.find(each => each.id === id && each.receiptHandle === receiptHandle);
    if (!message) {
      const reason = 'Message does not exist or is not available for visibility timeout change.';
      throw invalidParameter(`Value ${receiptHandle} for parameter ReceiptHandle is invalid. Reason: ${reason}`);
    }
    const now = epochMs();
    if (message.visibleAt <= now) throw sqsError('MessageNotInflight', 'The specified message is not in flight.');
    message.visibleAt = now + seconds * 1000;
    this.waiters.wake();
  }

  purge(): Message[] {
    return this.messages.splice(0);
  }

  private sendInOrder(fifo: Fifo, input: MessageInput, message: Message): SendReceipt {
    const id = fifo.deduplicationId(input, this.attributes.ContentBasedDeduplication === 'true');
    const known = fifo.alreadySent(id);
    if (known) return known;
    const accepted = fifo.accept(message, id);
    this.put(accepted.message);
    return accepted.receipt;
  }

  private take(max: number, hideMs: number): Message[] {
    const now = epochMs();
    const blocked = this.fifo ? Fifo.blockedGroups(this.messages, now) : new Set();
    const taken: Message[] = [];
    for (const message of [...this.messages]) {
      if (taken.length === max) break;
      if (message.visibleAt > now || (this.fifo && blocked.has(message.group)) || this.redrive(message)) continue;
      message.receiveCount++;
      message.firstReceivedAt ??= now;
      message.visibleAt = now + hideMs;
      message.receiptHandle = newReceiptHandle(this.arn, message.id);
      taken.push(message);
    }
    return taken;
  }

  /** A message that has been received often enough goes to the dead-letter queue instead of one more consumer. */
  private redrive(message: Message): boolean {
    const policy = redrivePolicy(this.attributes);
    const target = policy && this.findQueue(policy.deadLetterTargetArn);
    if (!target || message.receiveCount < policy.maxReceiveCount) return false;
    this.messages.splice(this.messages.indexOf(message), 1);
    target.put(moved(message, { ...message.system, DeadLetterQueueSourceArn: this.arn }));
    return true;
  }

  private nextVisibleAt(): number {
    const now = epochMs();
    return Math.min(...this.messages.map(message => message.visibleAt).filter(time => time > now));
  }
}
