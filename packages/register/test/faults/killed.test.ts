import assert from 'node:assert/strict';
import { SpanKind } from '@opentelemetry/api';
import { telemetry, withMortalBrokers } from '@queuetrace/test-utils';
import { CONFIG, doorOf, INSTRUMENTATIONS, SHOPS, SYSTEMS } from './clients';
import { assertCounted, until, untilHandled } from './counted';

/** Real ones have to start again. */
const KILL_AFTER_MS = 600_000;

const BEFORE = ['1', '2', '3'];
const WAITING = ['4', '5'];
const DOWN = ['6', '7', '8'];
const AFTER = ['9', '10'];
const HELD = 'held';

describe('brokers that are killed', () => {
  const brokers = withMortalBrokers(...SYSTEMS);

  for (const system of SYSTEMS) {
    describe(system, () => {
      telemetry.register(new INSTRUMENTATIONS[system](CONFIG));

      it('lose no message that they have confirmed; each delivery has its span, and when they are back all is traced on', async () => {
        const broker = brokers[system];
        const hold = Promise.withResolvers<void>();
        const shop = await SHOPS[system](doorOf(broker.address), id => (id === HELD ? hold.promise : undefined));
        for (const id of BEFORE) await shop.send(id);
        await untilHandled(shop, BEFORE);

        await shop.send(HELD);
        await until(shop, () => shop.delivered.includes(HELD));
        for (const id of WAITING) await shop.send(id);
        await broker.written();
        // To a broker that has died just now, which the app does not know yet.
        const killed = broker.kill();
        const sends = Promise.all(DOWN.map(id => shop.send(id)));
        hold.resolve();
        await killed;
        await broker.revive();
        await sends;
        for (const id of AFTER) await shop.send(id);

        // What was lost is waited for in vain.
        const all = [...BEFORE, HELD, ...WAITING, ...DOWN, ...AFTER];
        await untilHandled(shop, all);
        await shop.close();
        assert.deepEqual([...shop.handled].sort(), all.sort());
        await assertCounted(shop);
        assert.deepEqual(untraced(), []);
      }).timeout(KILL_AFTER_MS);
    });
  }
});

/** The names of sends that have succeeded and whose message was processed in another trace, or never. */
function untraced(): string[] {
  const processed = new Set(
    telemetry
      .spans()
      .filter(({ kind }) => kind === SpanKind.CONSUMER)
      .map(span => span.parentSpanContext?.spanId),
  );
  return telemetry
    .spans()
    .filter(({ kind, attributes }) => kind === SpanKind.PRODUCER && attributes['error.type'] === undefined)
    .filter(span => !processed.has(span.spanContext().spanId))
    .map(({ name }) => name);
}
