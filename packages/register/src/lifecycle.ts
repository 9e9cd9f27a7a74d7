import { isMainThread } from 'node:worker_threads';
import { guarded } from '@queuetrace/messaging';
import type { Sdk } from './sdk/sdk';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * Sends the last telemetry when the process ends, within a deadline, and lets it end as it would without us:
 * by itself, or by the signal.
 */
export function flushAtEnd(sdk: Sdk, timeoutMs: number): void {
  flushAtNaturalEnd(sdk, timeoutMs);
  // `process.exit()`, an exception that nobody catches.
  process.once('exit', () => guarded('flushing at exit', () => sdk.flushAtExit(timeoutMs)));
  // A worker thread gets no signals.
  if (isMainThread) SIGNALS.forEach(signal => flushAtSignal(signal, sdk, timeoutMs));
}

/**
 * The app's own work at that event is waited for as well; but our own must not be what brings the event again. Spans may
 * go on ending while it lives on for us: what there is after the deadline is sent at the event `exit`.
 */
function flushAtNaturalEnd(sdk: Sdk, timeoutMs: number): void {
  let flushedSpans = -1;
  let deadline: number | undefined;
  process.on('beforeExit', () => {
    deadline ??= performance.now() + timeoutMs;
    if (sdk.endedSpans === flushedSpans || performance.now() > deadline) return;
    flushedSpans = sdk.endedSpans;
    guarded('flushing', () => void sdk.flush(timeoutMs));
  });
}

function flushAtSignal(signal: NodeJS.Signals, sdk: Sdk, timeoutMs: number): void {
  const onSignal = () => {
    // Before the others look: some end the process only where they are the only ones (signal-exit does).
    process.off(signal, onSignal);
    const isLeftToApp = process.listenerCount(signal) > 0;
    const flushed = sdk.flush(timeoutMs);
    // Without a listener the signal does what it does in a process that never had one.
    if (!isLeftToApp) void flushed.finally(() => process.kill(process.pid, signal));
  };
  process.on(signal, onSignal);
}
