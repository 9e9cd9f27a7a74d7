import assert from 'node:assert/strict';
import { SpanKind } from '@opentelemetry/api';
import { becomesTrue, telemetry } from '@queuetrace/test-utils';
import type { Shop } from './clients';

/** Nothing should take this long. */
const WAIT_MS = 200_000;

/** What is waited for in vain is told with what there was. */
export async function until({ attempts, delivered, handled }: Shop, condition: () => boolean): Promise<void> {
  if (await becomesTrue(condition, WAIT_MS)) return;
  assert.fail(`after ${attempts} sends: delivered ${delivered}; handled ${[...handled]}`);
}

/** What is lost is waited for in vain. */
export function untilHandled(shop: Shop, ids: readonly string[]): Promise<void> {
  return until(shop, () => ids.every(id => shop.handled.has(id)));
}

/**
 * What was told since the test began is what these apps know of themselves: a span that has ended and a measurement for
 * each call that sends and for each delivery, and nothing under way.
 */
export async function assertCounted(...shops: readonly Pick<Shop, 'attempts' | 'delivered'>[]): Promise<void> {
  const areOver = await becomesTrue(() => telemetry.activeSpans().length === 0, WAIT_MS);
  assert.ok(areOver, `open spans: ${telemetry.activeSpans().map(({ name }) => name)}`);
  const spans = (kind: SpanKind) => telemetry.spans().filter(span => span.kind === kind).length;
  const sum = async (metric: string, of: 'value' | 'count') =>
    (await telemetry.metric(metric)).reduce((total, point) => total + (point[of] ?? 0), 0);
  const attempts = shops.reduce((total, shop) => total + shop.attempts, 0);
  const deliveries = shops.reduce((total, shop) => total + shop.delivered.length, 0);
  assert.deepEqual(
    {
      sends: spans(SpanKind.PRODUCER),
      sent: await sum('messaging.client.sent.messages', 'value'),
      processes: spans(SpanKind.CONSUMER),
      processed: await sum('messaging.process.duration', 'count'),
      'in flight': await sum('messaging.client.inflight.messages', 'value'),
    },
    { sends: attempts, sent: attempts, processes: deliveries, processed: deliveries, 'in flight': 0 },
  );
}
