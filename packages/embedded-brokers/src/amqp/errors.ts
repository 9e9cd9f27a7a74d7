/** The reply codes of AMQP 0-9-1 that this broker gives, with the names that RabbitMQ puts in front of the text. */
const REPLY_CODES = {
  ACCESS_REFUSED: 403,
  NOT_FOUND: 404,
  RESOURCE_LOCKED: 405,
  PRECONDITION_FAILED: 406,
  COMMAND_INVALID: 503,
  CHANNEL_ERROR: 504,
  NOT_ALLOWED: 530,
  NOT_IMPLEMENTED: 540,
} as const;

export type ReplyName = keyof typeof REPLY_CODES;

class AmqpError extends Error {
  readonly code: number;

  constructor(name: ReplyName, text: string) {
    super(`${name} - ${text}`);
    this.code = REPLY_CODES[name];
  }
}

/** Closes the channel it happens on. */
export class ChannelError extends AmqpError {}

/** Closes the whole connection. */
export class ConnectionError extends AmqpError {}
