// Each test passes by itself; all but the last are failed by the root hooks.
const { context, createContextKey, ROOT_CONTEXT, trace } = require('@opentelemetry/api');
const { telemetry } = require('@queuetrace/test-utils');

const tracer = trace.getTracer('@queuetrace/leaky');

describe('leaky', () => {
  it('leaks a context', () => {
    context.attach(ROOT_CONTEXT.setValue(createContextKey('leak'), true));
  });

  it('ends a span twice', () => {
    const span = tracer.startSpan('doubled');
    span.end();
    span.end();
  });

  it('announces a span that never was', () => telemetry.expectUnended(1));

  it('makes an attribute up', () => {
    tracer.startSpan('made up', { attributes: { 'messaging.made.up': 1 } }).end();
  });

  it('is clean', () => {
    tracer.startSpan('fine').end();
  });
});
