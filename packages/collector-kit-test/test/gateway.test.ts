import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { attributeName, knownAttributes } from '@queuetrace/test-utils/build/src/convention-table';
import { startOtlpReceiver, type OtlpReceiver, type OtlpSpan } from '@queuetrace/test-utils/build/src/otlp-receiver';
import { withBinaries } from '../src/binaries';
import { startCollector, type Collector, type Settings } from '../src/collector';
import { newSpanId, newTraceId, sendSpans, type Attributes, type SpanOptions } from '../src/otlp-json';

const ARRIVAL_TIMEOUT_MS = 5_000;

/** A trace of two services' spans: sent, and processed as the attributes say. */
function orderTrace(processed: Omit<SpanOptions, 'traceId'> = {}): SpanOptions[] {
  const traceId = newTraceId();
  const spanId = newSpanId();
  const attributes = { 'messaging.destination.name': 'orders', ...processed.attributes };
  return [
    { traceId, spanId, name: 'send orders', kind: 'PRODUCER', attributes: { 'messaging.destination.name': 'orders' } },
    { traceId, parentSpanId: spanId, ...processed, attributes },
  ];
}

const withAttributes = (attributes: Attributes) => orderTrace({ attributes });

const kept: Readonly<Record<string, SpanOptions[]>> = {
  'a dead letter that came': withAttributes({ 'dlq.original_queue': 'orders' }),
  'a dead letter that was sent': withAttributes({ 'dlq.action': 'send' }),
  'an error': orderTrace({ isError: true }),
  'a third delivery': withAttributes({ 'messaging.delivery_count': 3 }),
  'a message that waited a minute': withAttributes({ 'messaging.queue_time_ms': 60_000 }),
  'a message that waited a fraction more': withAttributes({ 'messaging.queue_time_ms': 60_000.25 }),
};

const dropped: Readonly<Record<string, SpanOptions[]>> = {
  'an ordinary one': orderTrace(),
  'a second delivery': withAttributes({ 'messaging.delivery_count': 2 }),
  'a message that waited less than a minute': withAttributes({ 'messaging.queue_time_ms': 59_999 }),
};

/** One Collector and its backend. */
class Gateway {
  collector?: Collector;
  receiver?: OtlpReceiver;

  async start(otelcol: string, keepPercent: number, settings: Settings = {}): Promise<void> {
    this.receiver ??= await startOtlpReceiver();
    this.collector = await startCollector(otelcol, 'gateway', {
      BACKEND_ENDPOINT: this.receiver.url,
      DECISION_WAIT: '500ms',
      METRICS_FLUSH_INTERVAL: '200ms',
      KEEP_PERCENT: String(keepPercent),
      ...settings,
    });
  }

  async stop(): Promise<void> {
    await this.collector?.stop();
    await this.receiver?.stop();
  }

  /** Resolves when all have been decided. */
  async send(traces: readonly SpanOptions[][]): Promise<void> {
    await this.post('shop', traces.flat());
    const [last] = orderTrace();
    // Kept by every setting, and decided after the others.
    await this.post('shop', [{ ...last, isError: true }]);
    await this.arrived([last], 1);
  }

  post(service: string, spans: readonly SpanOptions[]): Promise<void> {
    return sendSpans(this.collector?.url ?? '', service, spans);
  }

  /** The spans of a trace that have come through. */
  spansOf([{ traceId }]: readonly SpanOptions[]): OtlpSpan[] {
    return this.receiver?.spans().filter(span => span.traceId === traceId) ?? [];
  }

  /** The same, once there are that many: one export may overtake another. */
  async arrived(trace: readonly SpanOptions[], count: number): Promise<OtlpSpan[]> {
    await this.receiver?.waitFor(() => this.spansOf(trace).length >= count, ARRIVAL_TIMEOUT_MS);
    return this.spansOf(trace);
  }
}

describe('examples/collector/gateway.yaml', () => {
  const binaries = withBinaries();
  const none = new Gateway();
  const all = new Gateway();
  const ofAll: SpanOptions[][] = [];

  before(async () => {
    await Promise.all([none.start(binaries().otelcol, 0), all.start(binaries().otelcol, 100)]);
    await Promise.all([none.send([...Object.values(dropped), ...Object.values(kept)]), all.send(ofAll)]);
  });

  after(async () => {
    await Promise.all([none.stop(), all.stop()]);
  });

  describe('at 0 %', () => {
    for (const [what, trace] of Object.entries(kept)) {
      it(`keeps ${what}, with its whole trace`, async () => assert.equal((await none.arrived(trace, 2)).length, 2));
    }

    for (const [what, trace] of Object.entries(dropped)) {
      it(`drops ${what}`, () => assert.equal(none.spansOf(trace).length, 0));
    }

    it('keeps a dead letter also when its trace was dropped before', async () => {
      const [{ traceId }] = dropped['an ordinary one'];
      const deadLetter = { traceId, spanId: newSpanId(), attributes: { 'dlq.action': 'send' } };
      // The last trace that was dropped is still known.
      await none.send([orderTrace()]);
      await none.post('shop', [deadLetter]);
      const spans = await none.arrived([deadLetter], 1);
      assert.deepEqual(
        spans.map(({ spanId }) => spanId),
        [deadLetter.spanId],
      );
    });

    it('measures what it drops: durations by destination, and the edges between services', async () => {
      const [sent, processed] = withAttributes({ 'messaging.system': 'kafka' });
      await none.post('shop', [sent]);
      await none.post('billing', [processed]);
      const place = ['messaging_destination_name="orders"', 'messaging_system_name="kafka"', 'service_name="billing"'];
      await untilScraped(none, [
        ['traces_span_metrics_calls_total{', ...place],
        ['traces_span_metrics_duration_seconds_bucket{', ...place],
        ['traces_service_graph_request_total{', 'client="shop"', 'server="billing"', 'destination_name="orders"'],
      ]);
    });
  });

  describe('at 100 %', () => {
    const ordinary = orderTrace();
    const healthCheck = orderTrace({
      isError: true,
      attributes: { 'messaging.destination.name': 'eu-health-check-1', 'dlq.action': 'send' },
    });
    const values = { string: 'text', int: 7, number: 7.5, boolean: true, 'string | string[]': 'text' };
    const of144 = {
      ...Object.fromEntries([...knownAttributes(['1.44'])].map(([name, type]) => [name, values[type]])),
      'messaging.system': 'aws_sqs',
    };
    const of145 = { 'messaging.system.name': 'kafka', 'kafka.offset': 3, 'messaging.destination.name': 'orders' };
    const older = withAttributes(of144);
    const newer = withAttributes(of145);
    ofAll.push(ordinary, healthCheck, older, newer);

    it('keeps the ordinary', async () => assert.equal((await all.arrived(ordinary, 2)).length, 2));

    it('drops health checks, even one that failed and is a dead letter, and only their own spans', async () => {
      // All spans of a trace leave together.
      const spans = await all.arrived(healthCheck, 1);
      assert.deepEqual(
        spans.map(({ name }) => name),
        ['send orders'],
      );
    });

    it('renames every attribute of 1.44 to what it is called in 1.45, with its value', async () => {
      const renamed = Object.entries(of144).map(([name, value]) => [attributeName(name, '1.45'), value]);
      const expected = { ...Object.fromEntries(renamed), 'messaging.system.name': 'aws.sqs' };
      assert.deepEqual(processSpan(await all.arrived(older, 2))?.attributes, expected);
    });

    it('leaves what is called as in 1.45 already as it is', async () => {
      assert.deepEqual(processSpan(await all.arrived(newer, 2))?.attributes, of145);
    });
  });

  describe('when it is stopped', () => {
    const gateway = new Gateway();
    let directory: string;

    before(() => {
      directory = mkdtempSync(path.join(tmpdir(), 'queuetrace-collector-'));
    });

    after(async () => {
      await gateway.stop();
      if (directory) rmSync(directory, { recursive: true, force: true });
    });

    it('decides what waits, and sends what the backend refused before after its next start', async () => {
      const [failed, ordinary] = [orderTrace({ isError: true }), orderTrace()];
      const settings = { QUEUE_DIRECTORY: directory, DECISION_WAIT: '1h' };
      await gateway.start(binaries().otelcol, 0, settings);
      gateway.receiver?.fail(503);
      await gateway.post('shop', [...failed, ...ordinary]);
      await gateway.collector?.stop();
      assert.equal(gateway.spansOf(failed).length, 0);
      gateway.receiver?.fail(undefined);
      await gateway.start(binaries().otelcol, 0, settings);
      assert.equal((await gateway.arrived(failed, 2)).length, 2);
      assert.equal(gateway.spansOf(ordinary).length, 0);
    });
  });
});

const processSpan = (spans: readonly OtlpSpan[]) => spans.find(({ kind }) => kind === 'CONSUMER');

/** Polls until for each list of texts there is a line that has them all. */
async function untilScraped({ collector }: Gateway, wanted: readonly string[][]): Promise<void> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const lines = ((await collector?.scrape()) ?? '').split('\n');
    const missing = wanted.filter(texts => !lines.some(line => texts.every(text => line.includes(text))));
    if (missing.length === 0) return;
    assert.ok(performance.now() < deadline, `${JSON.stringify(missing)} not in\n${lines.join('\n')}`);
    await delay(50);
  }
}
