import { bindContext, isObject, type Advice, type Call } from '@queuetrace/messaging';
import type { Options } from 'amqplib';
import { copyOptions } from './message';

/* amqp-connection-manager keeps messages until there is a channel, and publishes them in whatever context that happens. */

type Run = (call: () => unknown) => unknown;

/** The way back into the context of the caller, by the options that amqp-connection-manager will publish with. */
const callers = new WeakMap<object, Run>();
/** Most apps have no such wrapper: then there is nothing to look for. */
let isWrapped = false;

/** The part that we need of what amqp-connection-manager queues. */
interface QueuedMessage {
  options?: Options.Publish;
}

/** Its `_enqueueMessage`. The message is its own, so that the options in it may be exchanged for a copy. */
export const enqueueAdvice: Advice = (call, [message]: [QueuedMessage | undefined]) => {
  if (message && (message.options === undefined || isObject(message.options))) {
    isWrapped = true;
    message.options = copyOptions(message.options);
    callers.set(
      message.options,
      bindContext((publish: () => unknown) => publish()),
    );
  }
  return call();
};

/** Does what an advice of `publish` does in the context of who called the wrapper, where there is one. */
export function forCaller(advice: Advice): Advice {
  return (call: Call, args: [string, string, Buffer, unknown], channel: unknown) => {
    const run = isWrapped && isObject(args[3]) ? callers.get(args[3]) : undefined;
    return run ? run(() => advice(call, args, channel)) : advice(call, args, channel);
  };
}
