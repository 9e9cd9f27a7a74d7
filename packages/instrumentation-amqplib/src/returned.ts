import {
  rabbitmqDestination,
  type ActiveOperation,
  type Advice,
  type MessagingTelemetry,
  type RabbitMqMessage,
} from '@queuetrace/messaging';
import type { Channel, Message } from 'amqplib';
import type { ChannelStates } from './channel-states';
import { fromReturn, serverOf } from './message';

type Publish = ActiveOperation<RabbitMqMessage>;

/** What the broker says of a message that it gives back. */
interface ReturnFields {
  replyCode: number;
  replyText: string;
  exchange: string;
  routingKey: string;
}

/** Makes the messages known that come back from a channel: only those that were published to come back do. */
export class Returned {
  private readonly _advice: Advice;

  constructor(
    private readonly _telemetry: MessagingTelemetry<RabbitMqMessage>,
    private readonly _channels: ChannelStates,
  ) {
    this._advice = (call, [event, message]: [string, Message], channel: Channel) => {
      // No listener is added: without one of the app's the channel would not have any.
      if (event === 'return' && message?.fields) this._tell(message, channel);
      return call();
    };
  }

  watch(channel: Channel): void {
    this._channels.watch(channel, 'emit', this._advice);
  }

  /** A publish that waits for its confirm is told itself: the broker gives back before it confirms. */
  expect(channel: Channel, message: RabbitMqMessage, publish: Publish): void {
    const id = this._telemetry.creationId(message);
    if (id === undefined || publish.isEnded) return;
    const { mandatory } = this._channels.of(channel);
    for (const [earlier, { isEnded }] of mandatory) {
      if (!isEnded) break;
      mandatory.delete(earlier);
    }
    mandatory.set(id, publish);
  }

  private _tell(returned: Message, channel: Channel): void {
    const { replyCode, replyText, exchange, routingKey } = returned.fields as unknown as ReturnFields;
    const destination = rabbitmqDestination(exchange, routingKey);
    if (!this._telemetry.observes(destination.name)) return;
    const error = { type: replyText, message: `the broker gave the message back: ${replyCode} ${replyText}` };
    const message = fromReturn(returned);
    const publish = this._channels.find(channel)?.mandatory.get(this._telemetry.creationId(message) ?? '');
    if (publish && !publish.isEnded) return publish.end(error);
    this._telemetry.returned({ name: 'return', destination, messages: [message], server: serverOf(channel) }, error);
  }
}
