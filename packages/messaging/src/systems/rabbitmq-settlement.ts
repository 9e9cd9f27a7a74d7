import type { MessagingAttributes } from '../semconv';

/** How a message was settled, in AMQP's words. */
export interface Settlement {
  readonly name: 'ack' | Refusal['type'];
  /** What it says on the span of the message. */
  readonly attributes: MessagingAttributes;
  /** What the processing of the message has failed with; undefined for an ack. */
  readonly refusal?: Refusal;
}

interface Refusal {
  readonly type: 'nack' | 'reject' | 'recover';
  readonly message: string;
  /** The message goes back to its queue. */
  readonly comesAgain: boolean;
}

export const ACKED: Settlement = { name: 'ack', attributes: { rabbitmqSettlement: 'ack' } };

const REFUSED = {
  nack: [refused('nack', false), refused('nack', true)],
  reject: [refused('reject', false), refused('reject', true)],
} as const;

/** `basic.recover`: all that a channel has not settled goes back. */
export const RECOVERED: Settlement = refused('recover', true);

/** `basic.nack` and `basic.reject`. */
export function rabbitmqRefusal(name: 'nack' | 'reject', requeue: boolean): Settlement {
  return REFUSED[name][requeue ? 1 : 0];
}

function refused(name: Refusal['type'], requeue: boolean): Settlement {
  return {
    name,
    attributes: { rabbitmqSettlement: name, rabbitmqRequeue: requeue },
    refusal: { type: name, message: `${name} ${requeue ? 'with' : 'without'} requeue`, comesAgain: requeue },
  };
}
