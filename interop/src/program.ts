import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A delivery that a program has handled. */
export interface Seen {
  readonly message: string;
  readonly attempt: number;
  readonly headers: unknown;
}

export interface Answer {
  readonly id: number;
  readonly error?: string;
  readonly seen?: readonly Seen[];
}

type Settle = (answer: Answer) => void;

const ANSWER_TIMEOUT_MS = 90_000;
const running = new Set<ChildProcessWithoutNullStreams>();

// A run that is cut short leaves no program behind.
process.once('exit', () => running.forEach(child => child.kill('SIGKILL')));

/** A running program: commands on its standard input, a line of JSON for each on its standard output. */
export class Program {
  private readonly _child: ChildProcessWithoutNullStreams;
  private readonly _waiting = new Map<number, Settle>();
  private readonly _closed: Promise<unknown>;
  private _lastId = 0;
  private _written = '';

  constructor(
    readonly name: string,
    [file, ...args]: readonly string[],
    env: Readonly<Record<string, string>>,
  ) {
    const inherited = Object.entries(process.env).filter(([key]) => !key.startsWith('OTEL_') && key !== 'NODE_OPTIONS');
    this._child = spawn(file, args, { env: { ...Object.fromEntries(inherited), ...env } });
    running.add(this._child);
    this._closed = once(this._child, 'close').catch((error: unknown) => (this._written += String(error)));
    void this._closed.then(() => this._end());
    this._child.stdin.on('error', () => {});
    this._child.stderr.setEncoding('utf8').on('data', (text: string) => (this._written += text));
    createInterface({ input: this._child.stdout }).on('line', line => this._take(line));
  }

  /** Rejects with what the program has written where it fails, or ends, before it has answered. */
  async call(command: object): Promise<Answer> {
    const id = ++this._lastId;
    const answer = await new Promise<Answer>(resolve => {
      const timer = setTimeout(() => resolve({ id, error: 'no answer' }), ANSWER_TIMEOUT_MS);
      this._waiting.set(id, given => {
        clearTimeout(timer);
        resolve(given);
      });
      this._child.stdin.write(JSON.stringify({ id, ...command }) + '\n');
    });
    if (answer.error === undefined) return answer;
    throw new Error(`${this.name}: ${answer.error}\n${JSON.stringify(command)}\n${this._written.slice(-4000)}`);
  }

  /** Lets it come to its end, where it exports what it still has. */
  async close(): Promise<void> {
    this._child.stdin.end();
    const timer = setTimeout(() => this._child.kill('SIGKILL'), ANSWER_TIMEOUT_MS);
    await this._closed;
    clearTimeout(timer);
    const outcome = this._child.signalCode ?? this._child.exitCode;
    if (outcome !== 0) throw new Error(`${this.name} ended with ${outcome}\n${this._written.slice(-4000)}`);
  }

  private _take(line: string): void {
    if (!line.startsWith('{')) return void (this._written += `${line}\n`);
    const answer = JSON.parse(line) as Answer;
    this._waiting.get(answer.id)?.(answer);
    this._waiting.delete(answer.id);
  }

  private _end(): void {
    running.delete(this._child);
    const outcome = this._child.signalCode ?? this._child.exitCode;
    for (const [id, settle] of this._waiting) settle({ id, error: `it has ended (${outcome})` });
    this._waiting.clear();
  }
}
