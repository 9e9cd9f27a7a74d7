import { EventEmitter } from 'node:events';
import { queryObjects } from 'node:v8';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { loadFile } from '../library';
import type { SpanLives } from '../telemetry';
import { ownEntries } from './own-entries';

export interface Sample {
  minute: number;
  /** Live, after a garbage collection. */
  heapMb: number;
  rssMb: number;
  /** Sockets, servers, timers, … */
  handles: number;
  /** Listeners on the process and on all sockets. */
  listeners: number;
  openSpans: number;
  /** Operations of ours that are in memory. */
  operations: number;
  /** Entries of all maps and sets of ours. */
  entries: number;
  handled: number;
}

type Take = (minute: number, handled: number) => Promise<Sample>;

export function sampler(spans: SpanLives, instrumentations: readonly Instrumentation[]): Take {
  const file = 'build/src/active-operation.js';
  const isOn = instrumentations.length > 0;
  const { ActiveOperation } = (isOn ? loadFile('@queuetrace/messaging', file) : {}) as {
    ActiveOperation?: new () => object;
  };
  return async (minute, handled) => {
    await spans.collect();
    global.gc?.();
    const { heapUsed, rss } = process.memoryUsage();
    return {
      minute,
      heapMb: heapUsed / 2 ** 20,
      rssMb: rss / 2 ** 20,
      handles: process.getActiveResourcesInfo().length,
      listeners: listeners(),
      openSpans: spans.started - spans.ended,
      operations: ActiveOperation ? (queryObjects(ActiveOperation) as unknown as number) : 0,
      entries: ownEntries(instrumentations),
      handled,
    };
  };
}

function listeners(): number {
  // Not documented, and nothing else gives the handles themselves.
  const handles = (process as unknown as { _getActiveHandles(): unknown[] })._getActiveHandles();
  const emitters = [process, ...handles.filter(handle => handle instanceof EventEmitter)];
  return emitters.flatMap(one => one.eventNames().map(name => one.listenerCount(name))).reduce((sum, n) => sum + n, 0);
}
