import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { SpanKind, type TextMapPropagator } from '@opentelemetry/api';
import { BatchSpanProcessor, SimpleSpanProcessor, TracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace';
import { FaultProxy, telemetry, withBroker } from '@queuetrace/test-utils';
import { CONFIG, INSTRUMENTATIONS, SHOPS, SYSTEMS, type Shop } from './clients';
import { assertCounted } from './counted';
import { ALL, FAULT_AT, play } from './play';

/** Long enough that messages are on their way, short enough that no library gives up. */
const LASTS_MS = 150;

/** Nothing should take this long; a client may find out late that its broker does not hear it. */
const KILL_AFTER_MS = 240_000;

const FAULTS: Readonly<Record<string, (proxy: FaultProxy) => unknown>> = {
  'is reset': proxy => proxy.reset(),
  'is cut': proxy => proxy.cut(),
  'is half-open': proxy => proxy.halfOpen(),
  'is slow': proxy => proxy.slow(30),
  'is lost, and refused for a while': proxy => proxy.refuse(),
};

const HOUR_MS = 3_600_000;
/** Kafka takes no record that is an hour ahead of it. */
const JUMPS_MS = { forwards: 0.9 * HOUR_MS, backwards: -3 * HOUR_MS };

/** While messages are on their way. */
const AT_ONCE = { scheduledDelayMillis: 1, maxExportBatchSize: 1 };

for (const system of SYSTEMS) {
  describe(`${system} with faults`, () => {
    const broker = withBroker(system);
    const [instrumentation] = telemetry.register(new INSTRUMENTATIONS[system](CONFIG));
    let proxy: FaultProxy;

    beforeEach(async () => {
      proxy = await new FaultProxy(broker.address).start();
    });
    afterEach(async () => {
      instrumentation.enable();
      instrumentation.setTracerProvider(telemetry.tracerProvider);
      instrumentation.setConfig(CONFIG);
      await proxy.stop();
    });

    async function run(fault?: (proxy: FaultProxy) => unknown): Promise<Shop> {
      const shop = await SHOPS[system](proxy);
      await play(
        shop,
        () => fault?.(proxy),
        () => fault && delay(LASTS_MS).then(() => proxy.heal()),
      );
      return shop;
    }

    /** Of what went well. */
    const traces = (kind: SpanKind) =>
      new Set(
        telemetry
          .spans()
          .filter(span => span.kind === kind && span.attributes['error.type'] === undefined)
          .map(span => span.spanContext().traceId),
      );

    for (const [name, fault] of Object.entries(FAULTS)) {
      it(`loses no message when the connection ${name}, ends every span, and traces on`, async () => {
        await assertCounted(await run(fault));
        const processed = traces(SpanKind.CONSUMER);
        const both = [...traces(SpanKind.PRODUCER)].filter(traceId => processed.has(traceId));
        assert.ok(both.length >= ALL.length - FAULT_AT - 1, `${both.length} messages in one trace`);
        instrumentation.disable();
        // It is no easier without us.
        await run(fault);
      }).timeout(KILL_AFTER_MS);
    }

    const refuse = (): never => {
      throw new Error('refused');
    };
    const idle: SpanProcessor = {
      onStart() {},
      onEnd() {},
      forceFlush: async () => {},
      shutdown: async () => {},
    };
    /** A span that could not be started is none. */
    const lost: Readonly<Record<string, () => TracerProvider>> = {
      'a sampler': () => new TracerProvider({ sampler: { shouldSample: refuse } }),
      'a processor, when a span starts,': () => new TracerProvider({ spanProcessors: [{ ...idle, onStart: refuse }] }),
    };
    for (const [name, provider] of Object.entries(lost)) {
      it(`loses no message where ${name} throws, and traces on when it does not`, async () => {
        instrumentation.setTracerProvider(provider());
        await run();
        instrumentation.setTracerProvider(telemetry.tracerProvider);
        await run();
        assert.equal(traces(SpanKind.PRODUCER).size, ALL.length);
      });
    }

    const shutdown = async () => {};
    const failing: Readonly<Record<string, () => SpanProcessor>> = {
      'a processor, when a span ends, throws': () => ({ ...idle, onEnd: refuse }),
      'an exporter throws': () => new SimpleSpanProcessor({ exporter: { export: refuse, shutdown } }),
      'an exporter of batches throws': () =>
        new BatchSpanProcessor({ exporter: { export: refuse, shutdown }, ...AT_ONCE }),
      'an exporter never comes back': () => new BatchSpanProcessor({ exporter: { export() {}, shutdown }, ...AT_ONCE }),
    };
    for (const [name, processor] of Object.entries(failing)) {
      it(`loses no message and no span where ${name}, and traces on when it does not`, async () => {
        instrumentation.setTracerProvider(telemetry.createTracerProvider({ processor: processor() }));
        const first = await run();
        instrumentation.setTracerProvider(telemetry.tracerProvider);
        await assertCounted(first, await run());
      });
    }

    it('loses no message and no span where a propagator and every hook throw', async () => {
      const propagator: TextMapPropagator = { fields: () => ['traceparent'], inject: refuse, extract: refuse };
      telemetry.usePropagator(propagator);
      instrumentation.setConfig({
        ...CONFIG,
        sendHook: refuse,
        receiveHook: refuse,
        processHook: refuse,
        settleHook: refuse,
      });
      await assertCounted(await run());
    });

    for (const [how, byMs] of Object.entries(JUMPS_MS)) {
      it(`loses no message when the clock jumps ${how}, and tells no negative time`, async () => {
        const { now } = Date;
        try {
          await assertCounted(await run(() => (Date.now = () => now() + byMs)));
        } finally {
          Date.now = now;
        }
        for (const { name, duration } of telemetry.spans()) assert.ok(duration[0] >= 0 && duration[1] >= 0, name);
        for (const point of await telemetry.metric('messaging.queue_time')) assert.ok(point.min! >= 0, 'queue time');
      });
    }
  });
}
