// Traces SQS before the app is loaded, as a distribution does, and prints a line a span.
const { context, propagation } = require('@opentelemetry/api');
const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks');
const { W3CTraceContextPropagator } = require('@opentelemetry/core');
const { TracerProvider } = require('@opentelemetry/sdk-trace');
const { SqsInstrumentation } = require('@queuetrace/instrumentation-aws-sdk-client-sqs');

const printer = {
  onStart() {},
  onEnd({ name, parentSpanContext, links, attributes }) {
    const told = ['messaging.delivery_count', 'error.type'].map(key => attributes[key]).filter(Boolean);
    const parent = parentSpanContext ? 'a parent' : 'nothing';
    console.log([`span: ${name} < ${parent}`, `${links.length} links`, ...told].join(', '));
  },
  forceFlush: async () => {},
  shutdown: async () => {},
};
context.setGlobalContextManager(new AsyncLocalStorageContextManager());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
new SqsInstrumentation().setTracerProvider(new TracerProvider({ spanProcessors: [printer] }));
