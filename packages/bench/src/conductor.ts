import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { MODES, type Mode } from './modes';

// A library's warnings are no part of the report.
const NODE_OPTIONS = ['--expose-gc', '--no-warnings'];

/** The modes' processes: all are there, and one at a time works. */
export class Conductor {
  private readonly _workers = new Map<Mode, ChildProcess>();

  /** @returns what each worker says first */
  async start<First>(file: string, modes: readonly Mode[], args: readonly string[] = []): Promise<First[]> {
    const first: First[] = [];
    for (const mode of modes) {
      const worker = fork(file, [mode, ...args], { execPath: 'node', execArgv: NODE_OPTIONS });
      this._workers.set(mode, worker);
      first.push(await this._answer<First>(mode, worker));
    }
    return first;
  }

  async ask<Answer>(mode: Mode, question: object): Promise<Answer> {
    const worker = this._workers.get(mode)!;
    worker.send(question);
    return this._answer<Answer>(mode, worker);
  }

  stop(): void {
    for (const worker of this._workers.values()) worker.kill();
    this._workers.clear();
  }

  private async _answer<Answer>(mode: Mode, worker: ChildProcess): Promise<Answer> {
    const ended = new AbortController();
    const failed = once(worker, 'exit', { signal: ended.signal }).then(([code]) => {
      throw new Error(`the process of "${mode}" has ended with ${code}`);
    });
    failed.catch(() => {});
    try {
      const [answer] = (await Promise.race([once(worker, 'message', { signal: ended.signal }), failed])) as [Answer];
      return answer;
    } finally {
      ended.abort();
    }
  }
}

/** The modes in another order each round, so that none is always measured after the same one. */
export function orderOf(round: number, modes: readonly Mode[] = MODES): Mode[] {
  const start = round % modes.length;
  const turned = [...modes.slice(start), ...modes.slice(0, start)];
  return Math.floor(round / modes.length) % 2 === 0 ? turned : turned.reverse();
}
