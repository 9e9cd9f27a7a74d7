import assert from 'node:assert/strict';
import type { App, AppOptions, OtlpReceiver, OtlpSpan, System } from '@queuetrace/test-utils';
import { startPlain, startPreloaded } from '../preloaded';

export const ROUND = 8;
/** Nothing should take this long. */
export const KILL_AFTER_MS = 240_000;

/** Starts apps/faults/shop.cjs, with us if there is a receiver, and waits for its first round. */
export async function startShop(
  [system, address, name, stuck]: readonly [System, string, string, string?],
  receiver?: OtlpReceiver,
  env: AppOptions['env'] = {},
): Promise<App> {
  const args = [system, address, name, String(ROUND), ...(stuck ? [stuck] : [])];
  const options = { args, waitFor: handled(1), killAfterMs: KILL_AFTER_MS };
  if (!receiver) return startPlain('faults/shop.cjs', options);
  return startPreloaded('faults/shop.cjs', { ...options, env: { ...settingsOf(receiver), ...env } });
}

const settingsOf = (receiver: OtlpReceiver) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
  OTEL_BSP_SCHEDULE_DELAY: '20',
  OTEL_INSTRUMENTATION_MESSAGING_HEADERS_INCLUDED: 'order',
});

/** What the app writes when it is through with so many rounds. */
export const handled = (rounds: number) => new RegExp(`^${rounds * ROUND} handled in \\d+ deliveries$`, 'm');

export const idsOf = (round: number) => Array.from({ length: ROUND }, (_, index) => `${round}-${index}`);

/** The spans of one order. */
export function spansOf(receiver: OtlpReceiver, id: string): OtlpSpan[] {
  return receiver.spans().filter(({ attributes }) => String(attributes['messaging.header.order']) === id);
}

/** Each of these was told once where it was sent and once where it was processed, in one trace. */
export function assertTold(receiver: OtlpReceiver, ids: readonly string[]): void {
  for (const id of ids) {
    const spans = spansOf(receiver, id).filter(({ kind }) => kind !== 'CLIENT');
    assert.deepEqual(spans.map(({ kind }) => kind).sort(), ['CONSUMER', 'PRODUCER'], `order ${id}`);
    assert.equal(new Set(spans.map(({ traceId }) => traceId)).size, 1, `order ${id}`);
  }
}

/** What a metric says at the end, over all of its series: a sum, or how often a histogram was recorded to. */
export function lastOf(receiver: OtlpReceiver, metric: string): number {
  const points = receiver.metrics().filter(({ name }) => name === metric);
  const last = new Map(points.map(({ attributes, value }) => [JSON.stringify(attributes), value]));
  return [...last.values()].reduce<number>((sum, value) => sum + (typeof value === 'number' ? value : value.count), 0);
}
