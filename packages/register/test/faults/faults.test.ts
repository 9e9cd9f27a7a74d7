import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { SpanKind, type TextMapPropagator } from '@opentelemetry/api';
import { TracerProvider, type Sampler, type SpanProcessor } from '@opentelemetry/sdk-trace';
import { AmqplibInstrumentation } from '@queuetrace/instrumentation-amqplib';
import { SqsInstrumentation } from '@queuetrace/instrumentation-aws-sdk-client-sqs';
import { KafkaJsInstrumentation } from '@queuetrace/instrumentation-kafkajs';
import { FaultProxy, telemetry, withBroker, type System } from '@queuetrace/test-utils';
import { SHOPS } from './clients';

const INSTRUMENTATIONS = {
  kafka: KafkaJsInstrumentation,
  rabbitmq: AmqplibInstrumentation,
  aws_sqs: SqsInstrumentation,
};

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

const IDS = Array.from({ length: 9 }, (_, index) => String(index));
const FAULT_AT = 3;

for (const system of Object.keys(SHOPS) as System[]) {
  describe(`${system} with faults`, () => {
    const broker = withBroker(system);
    const [instrumentation] = telemetry.register(new INSTRUMENTATIONS[system]());
    let proxy: FaultProxy;

    beforeEach(async () => {
      proxy = await new FaultProxy(broker.address).start();
    });
    afterEach(async () => {
      instrumentation.enable();
      instrumentation.setTracerProvider(telemetry.tracerProvider);
      instrumentation.setConfig({});
      await proxy.stop();
    });

    /** Gives what was handled, when that is all that was sent: what is lost is waited for in vain. */
    async function run(fault?: (proxy: FaultProxy) => unknown): Promise<string[]> {
      const shop = await SHOPS[system](proxy);
      let healed: Promise<void> | undefined;
      for (const [index, id] of IDS.entries()) {
        if (index === FAULT_AT && fault) {
          await fault(proxy);
          healed = delay(LASTS_MS).then(() => proxy.heal());
        }
        await shop.send(id);
      }
      await healed;
      // Who consumes may have to find out first.
      await shop.send('the last one');
      while (shop.handled.size <= IDS.length) await delay(10);
      await shop.close();
      return [...shop.handled].sort();
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
        const traced = await run(fault);
        const processed = traces(SpanKind.CONSUMER);
        const both = [...traces(SpanKind.PRODUCER)].filter(traceId => processed.has(traceId));
        assert.ok(both.length >= IDS.length - FAULT_AT, `${both.length} messages in one trace`);
        instrumentation.disable();
        assert.deepEqual(traced, await run(fault));
        assert.deepEqual(traced, [...IDS, 'the last one'].sort());
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
    const throwing: Readonly<Record<string, { processor?: Partial<SpanProcessor>; sampler?: Sampler }>> = {
      'a sampler': { sampler: { shouldSample: refuse } },
      'a processor, when a span starts,': { processor: { onStart: refuse } },
      'a processor, when a span ends,': { processor: { onEnd: refuse } },
    };

    for (const [name, { processor, sampler }] of Object.entries(throwing)) {
      it(`loses no message where ${name} throws, and traces on when it does not`, async () => {
        const provider = new TracerProvider({ spanProcessors: [{ ...idle, ...processor }], sampler });
        instrumentation.setTracerProvider(provider);
        assert.equal((await run()).length, IDS.length + 1);
        instrumentation.setTracerProvider(telemetry.tracerProvider);
        await run();
        assert.equal(traces(SpanKind.PRODUCER).size, IDS.length + 1);
      });
    }

    it('loses no message and no span where a propagator and every hook throw', async () => {
      const propagator: TextMapPropagator = { fields: () => ['traceparent'], inject: refuse, extract: refuse };
      telemetry.usePropagator(propagator);
      instrumentation.setConfig({ sendHook: refuse, receiveHook: refuse, processHook: refuse, settleHook: refuse });
      assert.equal((await run()).length, IDS.length + 1);
      assert.equal(telemetry.spans().filter(({ kind }) => kind === SpanKind.PRODUCER).length, IDS.length + 1);
    });

    it('tells no negative time when the clock jumps, and loses no message', async () => {
      const { now } = Date;
      let jumpMs = 0;
      Date.now = () => now() + jumpMs;
      try {
        for (jumpMs of [3_600_000, -3_600_000]) assert.equal((await run()).length, IDS.length + 1);
      } finally {
        Date.now = now;
      }
      for (const { name, duration } of telemetry.spans()) assert.ok(duration[0] >= 0 && duration[1] >= 0, name);
      assert.equal(traces(SpanKind.PRODUCER).size, 2 * (IDS.length + 1));
    });
  });
}
