import assert from 'node:assert/strict';
import type { Shop } from './clients';
import { untilHandled } from './counted';

const IDS = Array.from({ length: 9 }, (_, index) => String(index));
const LAST = 'the last one';

/** What is sent, in the order of the alphabet. */
export const ALL: readonly string[] = [...IDS, LAST];

/** So many have been sent before. */
export const FAULT_AT = 3;

/**
 * Sends, and comes back when all of it was handled: what is lost is waited for in vain.
 * @param fault begins when some was sent
 * @param heal begins when the fault has; the rest is sent meanwhile
 */
export async function play(shop: Shop, fault?: () => unknown, heal?: () => unknown): Promise<void> {
  let healed: unknown;
  for (const [index, id] of IDS.entries()) {
    if (index === FAULT_AT) {
      await fault?.();
      healed = heal?.();
    }
    await shop.send(id);
  }
  await healed;
  // Who consumes may have to find out first.
  await shop.send(LAST);
  await untilHandled(shop, ALL);
  await shop.close();
  assert.deepEqual([...shop.handled].sort(), ALL);
}
