/** Preloaded into the app and all that it starts: writes down what queuetrace has done in each process. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { threadId } from 'node:worker_threads';
import { processState } from './process-state';

export const WATCH_FOLDER = 'QUEUETRACE_DOCTOR_FOLDER';
const INTERVAL_MS = 100;

const folder = process.env[WATCH_FOLDER];
let written = '';

function write(): void {
  const text = JSON.stringify(processState() ?? null);
  if (text === written || !folder) return;
  written = text;
  writeFileSync(path.join(folder, `${process.pid}-${threadId}.json`), text);
}

if (folder) {
  setInterval(write, INTERVAL_MS).unref();
  process.once('exit', write);
}
