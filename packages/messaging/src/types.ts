import type { SpanContext, TextMapGetter } from '@opentelemetry/api';
import type { MessagingAttributes } from './semconv';

/** The five operations of the conventions (semantic-conventions, messaging-spans.md, "Operation types"). */
export type OperationType = 'create' | 'send' | 'receive' | 'process' | 'settle';

/** Where messages go to or come from (messaging-spans.md, "Destination attributes"). */
export interface Destination {
  /** Left out where an operation spans several destinations. */
  name?: string;
  /** What stands for the name where that is one of very many: a name with placeholders. */
  template?: string;
  /** Made for one connection, deleted with it: kept out of span names and metrics. */
  isTemporary?: boolean;
  /** Named by the broker: kept out of span names and metrics. */
  isAnonymous?: boolean;
  partitionId?: string;
}

/** The broker that was really used, never a bootstrap list. */
export interface Server {
  address?: string;
  port?: number;
  /** RabbitMQ's. */
  virtualHost?: string;
}

/** One call of a client's method, described by the client; everything else is the core's work. */
export interface Operation<Message> {
  /** The client's own word for it: `send`, `publish`, `poll`, `get`, `process`, `ack`. */
  name: string;
  destination: Destination;
  /** Of one message, where an operation spans several. */
  destinationOf?(message: Message): Destination;
  /** For an operation that sends: copies that may be written to, never the caller's own objects. */
  messages: readonly Message[];
  /** Whether the method takes or gives several messages, however many there are this time. */
  isBatch?: boolean;
  consumerGroup?: string;
  clientId?: string;
  server?: Server;
  /** The broker took the message as processed when it delivered it: it does not come again. */
  isSettledBefore?: boolean;
  /** Whoever called the handler settles the message as soon as it succeeds. */
  isSettledOnSuccess?: boolean;
  /** What else the client knows at the start of the operation. */
  attributes?: MessagingAttributes;
}

/** What a propagator writes for a context: texts by field name, as it is spelled on the wire. */
export type Fields = Readonly<Record<string, string>>;

/** What one messaging system, not one client library, knows of its messages. */
export interface MessagingSystem<Message> {
  /** A value of `messaging.system` in semantic-conventions 1.44. */
  readonly name: 'kafka' | 'rabbitmq' | 'aws_sqs' | (string & {});
  /** What a destination is called in the conventions before 1.17. */
  readonly destinationKind: 'topic' | 'queue';
  readonly getter: TextMapGetter<Message>;
  /**
   * Writes the propagation fields into the message; false where they did not fit.
   * @param creation what the fields say, for a carrier of the system's own
   */
  inject(message: Message, fields: Fields, creation: SpanContext | undefined, options: CarrierOptions): boolean;
  /** Whether the message has room for a creation context. Default: it has. */
  canCarry?(message: Message, options: CarrierOptions): boolean;
  /** Whether the context in an outgoing message was read from a delivered one, so is not the caller's own choice. */
  isForwarded?(message: Message): boolean;
  /** Told just before a traced send, for a system whose broker keeps no time stamp. */
  stamp?(message: Message, epochMs: number): void;
  attributes(message: Message, options: MessageAttributeOptions): MessagingAttributes;
  /** Epoch milliseconds at which the message was sent, where the system says so. */
  sentAt(message: Message): number | undefined;
  /** 1 for the first delivery; undefined where it is not known. */
  deliveryCount(message: Message): number | undefined;
  headers(message: Message): Record<string, unknown> | undefined;
  /**
   * What the broker, or whoever moved it, says of a message that is a dead letter at this destination.
   * @param names what destinations are for, by what they are called
   */
  deadLetter?(message: Message, destination: Destination, names: DestinationNames): DeadLetter | undefined;
  /**
   * The same for each delivery of one message to one consumer, its dead letter included; undefined if it can't be known.
   * @param creationId the span of its creation context
   */
  identity?(message: Message, operation: Operation<Message>, creationId?: string): string | undefined;
  /** Header names of the system's own that tell of a message's past. */
  readonly pastHeaders?: RegExp;
  /** Whether an earlier delivery of the message is possible. Default: it always is. */
  mayHavePast?(message: Message): boolean;
  /** Whether the broker says that the message was delivered before, without saying how often. */
  isRedelivered?(message: Message): boolean;
  /** Failed deliveries that the message itself tells of, in whichever queue. Default: by its delivery count. */
  failures?(message: Message): number;
  /** The queue that a message was delivered from, where its destination's name says more. */
  queueOf?(message: Message): string | undefined;
  /** Whether a message that is sent is the one that was delivered, whatever its headers are. */
  isCopy?(delivered: Message, sent: Message): boolean;
  /** One consumer gets every delivery of a message, so that what it has counted is the delivery count. */
  readonly seesEveryAttempt?: boolean;
  /** A message whose handler did not fail may come again all the same. */
  readonly hasSilentFailures?: boolean;
}

export interface DestinationNames {
  /** Dead letters are there. */
  isDeadLetterDestination(name: string): boolean;
  /** Messages wait there to be tried again. */
  isRetryDestination(name: string): boolean;
}

/** What is known of how a message became a dead letter. */
export interface DeadLetter {
  originalQueue?: string;
  /** Failed deliveries before it was dead-lettered. */
  retryCount?: number;
  /** The broker's reason, or the exception. */
  error?: string;
  deadLetteredAtMs?: number;
  /** Where it was published to before, where that is not the queue itself. */
  sentTo?: string;
  /** It was moved as it is, so that the context it carries is that of its first send. */
  isMovedByBroker?: boolean;
}

/** Where a message carries its context, for a system that has several places. */
export interface CarrierOptions {
  sqsCarrier: 'attributes' | 'aws-trace-header' | 'both';
}

/** Which attributes of a message may be recorded. */
export interface MessageAttributeOptions {
  messageKey: boolean;
  bodySize: boolean;
}
