import type { Stage } from '../stage';

/** How messages are settled: the method, the message by its index where it takes one, and what else it is given. */
export type Settlements = readonly (readonly [method: string, message?: number, ...args: unknown[]])[];

/** @param type the class of the channel, as its methods are named in rows */
export function settle(
  stage: Stage,
  type: string,
  channel: object,
  messages: unknown[],
  settlements: Settlements,
): void {
  for (const [method, index, ...args] of settlements) {
    const given = index === undefined ? args : [messages[index], ...args];
    stage.start(`${type}.${method}`, channel, ...given);
  }
}
