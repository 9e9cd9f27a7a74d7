// The app's own spans, as an app makes them: on the API alone.
'use strict';
const { context, createTraceState, propagation, ROOT_CONTEXT, trace } = require('@opentelemetry/api');

const tracer = trace.getTracer('interop');

async function inSpan(name, attributes, work) {
  return tracer.startActiveSpan(name, { attributes }, async span => {
    try {
      return await work();
    } finally {
      span.end();
    }
  });
}

/** The context that a command brings, in W3C's form whatever the propagators under test are. */
function contextOf({ traceparent, tracestate, baggage }) {
  const [, traceId, spanId, flags] = traceparent.split('-');
  const traceState = createTraceState(tracestate);
  const remote = { traceId, spanId, traceFlags: parseInt(flags, 16), isRemote: true, traceState };
  const [name, value] = baggage.split('=');
  return propagation.setBaggage(
    trace.setSpanContext(ROOT_CONTEXT, remote),
    propagation.createBaggage({ [name]: { value } }),
  );
}

/** The app's own span around what it sends. */
function order({ messages, context: carrier }, send) {
  return context.with(contextOf(carrier), () => inSpan('order', { 'app.messages': messages }, send));
}

/** Handles deliveries of messages, of which the first ones may be told to fail. */
class Handler {
  seen = [];

  constructor(command) {
    this._command = command;
  }

  /** The app's own span around the work on a message. Whether it succeeded. */
  async handle(message, headers) {
    const attempt = 1 + this.seen.filter(one => one.message === message).length;
    const tenant = String(propagation.getBaggage(context.active())?.getEntry('tenant')?.value);
    this.seen.push({ message, attempt, headers });
    await inSpan('handle', { 'app.message': message, 'app.attempt': attempt, 'app.tenant': tenant }, () => {});
    return attempt > (this._command.failures ?? 0);
  }

  /** Whether the message is now to be given up. */
  get isLastFailure() {
    return this._command.deadLetter !== undefined && this.seen.at(-1).attempt === this._command.failures;
  }

  get isDone() {
    return this.seen.length >= this._command.deliveries;
  }
}

module.exports = { Handler, order };
