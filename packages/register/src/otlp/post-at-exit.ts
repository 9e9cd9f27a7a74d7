import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';
import type { OtlpEndpoint } from './request';

/** A request that is sent while the process exits, when nothing else of it runs any more. */
export interface LastRequest {
  readonly endpoint: OtlpEndpoint;
  readonly data: Uint8Array;
}

/**
 * Sends these and waits for the answers, but not longer than that, without the event loop: a thread of its own has one.
 * Gives back what went wrong with each, undefined where nothing did.
 */
export function postAtExit(requests: readonly LastRequest[], timeoutMs: number): (string | undefined)[] {
  const { port1, port2 } = new MessageChannel();
  const isDone = new Int32Array(new SharedArrayBuffer(4));
  const workerData = {
    requests: requests.map(({ endpoint: { url, headers, tls, isCompressed }, data }) => ({
      url,
      options: { method: 'POST', headers: { ...headers }, ...tls },
      body: isCompressed ? gzipSync(data) : data,
    })),
    port: port2,
    isDone,
    timeoutMs,
  };
  // Nothing that is preloaded in this process, ourselves first of all.
  const settings = { execArgv: [], env: {}, stdout: true, stderr: true };
  const worker = new Worker(SENDER, { eval: true, workerData, transferList: [port2], ...settings });
  worker.unref();
  Atomics.wait(isDone, 0, 0, timeoutMs);
  const answer = receiveMessageOnPort(port1)?.message as (string | undefined)[] | undefined;
  return answer ?? requests.map(() => `no answer within ${timeoutMs} ms`);
}

/** The thread's code. Text, since whoever bundles us would put names into a function that are not there. */
const SENDER = `
const { requests, port, isDone, timeoutMs } = require('node:worker_threads').workerData;
const send = ({ url, options, body }) => new Promise(resolve => {
  const { request } = require(url.startsWith('https:') ? 'node:https' : 'node:http');
  const sent = request(url, options, answer => {
    const isFine = answer.statusCode >= 200 && answer.statusCode <= 299;
    answer.resume().on('end', () => resolve(isFine ? undefined : answer.statusCode + ' ' + answer.statusMessage));
  });
  sent.on('error', error => resolve(error.message || error.code));
  sent.setTimeout(timeoutMs, () => sent.destroy(new Error('no answer within ' + timeoutMs + ' ms')));
  sent.end(body);
});
Promise.all(requests.map(send)).then(problems => {
  port.postMessage(problems);
  Atomics.store(isDone, 0, 1);
  Atomics.notify(isDone, 0);
});
`;
