import { state } from './state';

/**
 * Tells the user of something that is wrong with how they set us up: one line on standard error, once.
 * Not a `diag` line, since without a diag logger nobody would see it.
 */
export function report(line: string): void {
  if (state.reported.has(line)) return;
  state.reported.add(line);
  process.stderr.write(`queuetrace: ${line}\n`);
}
