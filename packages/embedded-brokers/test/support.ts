import { setTimeout as delay } from 'node:timers/promises';

const INTERVAL_MS = 10;

/** Waits until the condition holds; what never comes true ends with the test's own timeout. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(INTERVAL_MS);
}

/** Asks again and again until there is an answer. */
export async function eventually<T>(ask: () => Promise<T | false | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== false && answer !== undefined) return answer;
    await delay(INTERVAL_MS);
  }
}

/** Things to undo after a test, the latest first. */
export class Cleanup {
  private readonly actions: (() => Promise<unknown>)[] = [];

  add(action: () => Promise<unknown>): void {
    this.actions.push(action);
  }

  async run(): Promise<void> {
    for (const action of this.actions.splice(0).reverse()) await action();
  }
}
