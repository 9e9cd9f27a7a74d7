import * as assert from 'node:assert/strict';
import { context, createContextKey, logs, metrics, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { AlwaysOffSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import { telemetry, telemetryErrors } from '@queuetrace/test-utils';
import { SpanRecorder } from '@queuetrace/test-utils/build/src/span-recorder';

const NO_GRACE = 0;
const tracer = trace.getTracer('test');

describe('telemetry', () => {
  it('hands out the spans of the test, in the order of their ends', () => {
    const first = tracer.startSpan('first');
    tracer.startSpan('second').end();
    assert.deepEqual(telemetry.activeSpans(), [first]);
    first.end();
    assert.deepEqual(
      telemetry.spans().map(span => span.name),
      ['second', 'first'],
    );
    assert.equal(telemetry.span('first'), first);
  });

  it('starts each test with none', () => assert.deepEqual(telemetry.spans(), []));

  it('lists what was seen when a span is not there, or there twice', () => {
    tracer.startSpan('twice').end();
    tracer.startSpan('twice').end();
    assert.throws(() => telemetry.span('once'), /found 0[^]*"twice" INTERNAL/);
    assert.throws(() => telemetry.span('twice'), /found 2/);
  });

  it('waits for spans', async () => {
    setTimeout(() => tracer.startSpan('late').end(), 20);
    assert.equal((await telemetry.waitForSpans(1))[0].name, 'late');
    await telemetry.waitForSpans(spans => spans.some(span => span.name === 'late'));
    await assert.rejects(telemetry.waitForSpans(2, 30), /2 spans did not end[^]*"late"/);
  });

  it('keeps thousands of links, or as few as it is told', () => {
    const target = tracer.startSpan('target');
    target.end();
    const links = Array.from({ length: 2_000 }, () => ({ context: target.spanContext() }));
    tracer.startSpan('many', { links }).end();
    assert.equal(telemetry.span('many').links.length, 2_000);
    const limited = telemetry.createTracerProvider({ spanLimits: { linkCountLimit: 128 } });
    limited.getTracer('test').startSpan('few', { links }).end();
    assert.equal(telemetry.span('few').links.length, 128);
    const unsampled = telemetry.createTracerProvider({ sampler: new AlwaysOffSampler() });
    unsampled.getTracer('test').startSpan('unsampled').end();
    assert.throws(() => telemetry.span('unsampled'));
  });

  it('sums up the metric points of the test', async () => {
    const meter = metrics.getMeter('test');
    const histogram = meter.createHistogram('test.duration', { unit: 's' });
    histogram.record(2, { a: 1 });
    assert.equal((await telemetry.metric('test.duration'))[0].count, 1);
    histogram.record(3, { a: 1 });
    histogram.record(7, { a: 2 });
    const [one, two] = await telemetry.metric('test.duration');
    assert.deepEqual([one.value, one.count, one.min, one.max, one.unit, one.type], [5, 2, 2, 3, 's', 'histogram']);
    assert.deepEqual(two.attributes, { a: 2 });
    meter.createUpDownCounter('test.inflight').add(2);
    meter.createGauge('test.lag').record(4);
    const points = await telemetry.metricPoints();
    assert.deepEqual(
      points.map(({ name, type, value }) => [name, type, value]),
      [
        ['test.duration', 'histogram', 5],
        ['test.duration', 'histogram', 7],
        ['test.inflight', 'up_down_counter', 2],
        ['test.lag', 'gauge', 4],
      ],
    );
  });

  it('starts each test with no metric point', async () => {
    metrics.getMeter('test').createUpDownCounter('test.inflight').add(-2);
    assert.deepEqual(
      (await telemetry.metricPoints()).map(({ name, value }) => [name, value]),
      [['test.inflight', -2]],
    );
  });

  it('keeps log records with the span they belong to', () => {
    const span = tracer.startSpan('logging');
    const active = trace.setSpan(context.active(), span);
    context.with(active, () => logs.getLogger('test').emit({ eventName: 'exception', body: 'x' }));
    span.end();
    const [log] = telemetry.logRecords();
    assert.equal(log.eventName, 'exception');
    assert.equal(log.spanContext?.spanId, span.spanContext().spanId);
  });

  it('changes the propagator', () => {
    telemetry.usePropagator({ fields: () => ['x-other'], inject: () => {}, extract: value => value });
    assert.deepEqual(propagation.fields(), ['x-other']);
  });

  it('has the W3C propagators back in the next test', () =>
    assert.deepEqual(propagation.fields(), ['traceparent', 'tracestate', 'baggage']));
});

describe('the check after each test', () => {
  it('finds nothing wrong with a span that ends a little late', async () => {
    const span = tracer.startSpan('late');
    setTimeout(() => span.end(), 20);
    assert.deepEqual(await telemetryErrors(1_000), []);
  });

  it('names spans that were not ended', async () => {
    const span = tracer.startSpan('forgotten');
    assert.match((await telemetryErrors(NO_GRACE)).join('\n'), /expected 0 unended spans, found 1[^]*"forgotten"/);
    span.end();
  });

  it('lets a test leave open what it announces, no more and no less', async () => {
    telemetry.expectUnended(1);
    assert.match((await telemetryErrors(NO_GRACE)).join('\n'), /expected 1 unended spans, found 0/);
    tracer.startSpan('left open');
    assert.deepEqual(await telemetryErrors(NO_GRACE), []);
  });

  it('does not hand a span left open by an earlier test to a later one', async () => {
    assert.deepEqual(telemetry.activeSpans(), []);
    assert.deepEqual(await telemetryErrors(NO_GRACE), []);
  });

  it('finds a leaked context, and repairs it', () => {
    const leaked = ROOT_CONTEXT.setValue(createContextKey('leak'), true);
    context.attach(leaked);
    assert.match(telemetry.contextLeakErrors().join(), /leaked its active context/);
    assert.equal(context.active(), ROOT_CONTEXT);
    assert.deepEqual(telemetry.contextLeakErrors(), []);
  });

  it('asks the conventions about our own scopes only', async () => {
    trace
      .getTracer('foreign')
      .startSpan('x', { attributes: { 'messaging.made.up': 1 } })
      .end();
    assert.deepEqual(await telemetryErrors(), []);
    trace
      .getTracer('@queuetrace/x')
      .startSpan('x', { attributes: { 'messaging.made.up': 1 } })
      .end();
    metrics.getMeter('@queuetrace/x').createCounter('messaging.made_up').add(1);
    assert.deepEqual(await telemetryErrors(), [
      'span "x": unknown attribute messaging.made.up',
      'metric messaging.made_up: unknown metric',
    ]);
    telemetry.expectConventionErrors(/made.up/);
    assert.deepEqual(await telemetryErrors(), []);
  });
});

describe('a span that is ended twice', () => {
  it('is told with the test it was started in', () => {
    const recorder = new SpanRecorder();
    const span = new TracerProvider({ spanProcessors: [recorder] }).getTracer('test').startSpan('doubled');
    span.end();
    assert.deepEqual(recorder.endedTwiceErrors(), []);
    recorder.begin('the next test');
    span.end();
    assert.deepEqual(recorder.endedTwiceErrors(), [
      'span "doubled" was ended twice (started by: (before the first test))',
    ]);
    assert.deepEqual(recorder.finishedSpans(), []);
  });
});

describe('telemetry.register', () => {
  class FakeInstrumentation implements Instrumentation {
    readonly instrumentationName = 'fake';
    readonly instrumentationVersion = '0';
    readonly providers: unknown[] = [];
    enabled = true;

    enable() {
      this.enabled = true;
    }

    disable() {
      this.enabled = false;
    }

    setTracerProvider(provider: unknown) {
      this.providers.push(provider);
    }

    setMeterProvider(provider: unknown) {
      this.providers.push(provider);
    }

    setConfig() {}

    getConfig() {
      return {};
    }
  }

  const ofHook = new FakeInstrumentation();
  const ofTest = new FakeInstrumentation();
  let ofDescribe: FakeInstrumentation;

  describe('in a describe body', () => {
    [ofDescribe] = telemetry.register(new FakeInstrumentation());
    const wasEnabled = ofDescribe.enabled;

    it('switches on for the suite', () => {
      assert.equal(wasEnabled, false);
      assert.equal(ofDescribe.enabled, true);
      assert.deepEqual(ofDescribe.providers, [telemetry.tracerProvider, telemetry.meterProvider]);
    });
  });

  describe('in a before hook or a test', () => {
    before(() => telemetry.register(ofHook));

    it('has switched off the instrumentation of the suite before', () => {
      assert.equal(ofDescribe.enabled, false);
      telemetry.register(ofTest);
      assert.equal(ofTest.enabled, true);
    });

    it('switches off at the end of the test, or of the suite', () => {
      assert.equal(ofTest.enabled, false);
      assert.equal(ofHook.enabled, true);
    });
  });

  after(() => assert.equal(ofHook.enabled, true));
});
