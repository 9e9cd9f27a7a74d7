import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import type { ExportResponse } from '@opentelemetry/otlp-exporter-base';

/** Where one signal goes. */
export interface OtlpEndpoint {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly isCompressed: boolean;
  readonly agent: Agent;
  /** Certificates and keys. */
  readonly tls: Readonly<Record<string, Buffer | undefined>>;
}

/** How an attempt failed: whether another one makes sense, and when. */
export interface Failure {
  readonly status: 'failure' | 'retryable';
  readonly error: Error;
  readonly retryInMillis?: number;
}

const CONNECT_TIMEOUT_MS = 2_000;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const RETRYABLE_STATUS = new Set([429, 502, 503, 504]);

/**
 * One request to a collector. Its socket does not keep the app's process alive.
 * @param onSent called when it is all with the operating system, which sends it even if the process ends
 */
export async function post(
  endpoint: OtlpEndpoint,
  data: Uint8Array,
  timeoutMs: number,
  signal: AbortSignal,
  onSent?: () => void,
): Promise<ExportResponse | Failure> {
  const body = endpoint.isCompressed ? await gzip(data) : data;
  return new Promise(resolve => {
    const fail = (error: Error) => resolve({ status: 'retryable', error });
    const { request } = http(endpoint.url);
    const options = { method: 'POST', headers: endpoint.headers, agent: endpoint.agent, signal };
    const sent = request(endpoint.url, options, answer => readAnswer(answer, resolve));
    sent.on('error', fail);
    if (onSent) sent.on('finish', onSent);
    sent.setTimeout(timeoutMs, () => sent.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    releaseProcess(sent);
    sent.end(body);
  });
}

/** Loaded with the first export: the start of the app does not wait for them. */
export function http(url: string) {
  return process.getBuiltinModule(url.startsWith('https:') ? 'node:https' : 'node:http');
}

async function gzip(data: Uint8Array): Promise<Uint8Array> {
  return promisify(process.getBuiltinModule('node:zlib').gzip)(data);
}

/** An unreferenced socket that is still connecting keeps the process alive all the same: connecting has its own limit. */
function releaseProcess(sent: ClientRequest): void {
  sent.once('socket', socket => {
    socket.unref();
    if (!socket.connecting) return;
    const late = () => sent.destroy(new Error(`no connection within ${CONNECT_TIMEOUT_MS} ms`));
    const timer = setTimeout(late, CONNECT_TIMEOUT_MS);
    socket.once('connect', () => clearTimeout(timer));
    socket.once('close', () => clearTimeout(timer));
  });
}

function readAnswer(answer: IncomingMessage, resolve: (response: ExportResponse | Failure) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  answer.on('error', error => resolve({ status: 'retryable', error }));
  answer.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) answer.destroy(new Error(`an answer of more than ${MAX_ANSWER_BYTES} bytes`));
    else chunks.push(chunk);
  });
  answer.on('end', () => resolve(responseOf(answer, Buffer.concat(chunks))));
}

function responseOf(
  { statusCode = 0, statusMessage, headers }: IncomingMessage,
  data: Buffer,
): ExportResponse | Failure {
  if (statusCode >= 200 && statusCode <= 299) return { status: 'success', data };
  const error = new Error(`${statusCode} ${statusMessage}`);
  if (!RETRYABLE_STATUS.has(statusCode)) return { status: 'failure', error };
  return { status: 'retryable', error, retryInMillis: retryAfterMs(headers['retry-after']) };
}

/** Seconds or a date. */
function retryAfterMs(value: string | undefined): number | undefined {
  if (!value) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : new Date(value).getTime() - Date.now();
  return Number.isFinite(ms) ? Math.max(ms, 0) : undefined;
}
