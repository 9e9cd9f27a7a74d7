import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

/** What clients write to the broker, which listens in this process. */
export function onBytesOfClients(tell: (bytes: Buffer, connection: number) => void): void {
  let count = 0;
  subscribe('net.server.socket', message => {
    const { socket } = message as { socket: Socket };
    const connection = count++;
    socket.on('data', bytes => tell(bytes, connection));
  });
}

/** Written by the instrumentation, and by nobody else here. */
const OURS = /^(traceparent|tracestate|baggage|AWSTraceHeader|x-queuetrace-.*|queuetrace.*)$/;

export function withoutOurs<T>(fields: Readonly<Record<string, T>> | undefined): Record<string, T> {
  return Object.fromEntries(Object.entries(fields ?? {}).filter(([name]) => !OURS.test(name)));
}
export const isOurs = (name: string): boolean => OURS.test(name);

export type Wire = Record<string, string[]>;

export function write(wire: Wire, key: string, line: string): void {
  (wire[key] ??= []).push(line);
}
