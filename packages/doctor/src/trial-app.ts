/** The app of a trial: tells what the preload has made of the folder and the environment, on a pipe of its own. */
import { writeSync } from 'node:fs';
import { checkedEndpoints, processState, type Endpoint, type ProcessState } from './process-state';

export interface TrialResult {
  readonly state?: ProcessState;
  readonly endpoints: readonly Endpoint[];
}

const RESULT_FD = 3;

async function main(): Promise<void> {
  // The preload's requests keep no process alive.
  const alive = setInterval(() => {}, 1000);
  const endpoints = await checkedEndpoints();
  clearInterval(alive);
  const result: TrialResult = { state: processState(), endpoints };
  writeSync(RESULT_FD, JSON.stringify(result));
}

void main();
