import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { HOST, serve, type EmbeddedBroker } from '../server';
import { Account } from './account';
import { AwsError } from './errors';
import { MoveTasks } from './move-tasks';
import { operations, type Service } from './operations';
import { element, QueryParameters, textElement } from './query-protocol';
import { Topics } from './sns';
import { runSnsOperation } from './sns-operations';

export interface SqsServerOptions {
  /** 0 (default) = a free one. */
  readonly port?: number;
}

interface Services extends Service {
  readonly topics: Topics;
}

const TARGET_PREFIX = 'AmazonSQS.';

/** SQS in its JSON protocol and SNS in its query protocol, on one port, in memory. Its address is an `http:` URL. */
export async function startSqsServer({ port = 0 }: SqsServerOptions = {}): Promise<EmbeddedBroker> {
  const account = new Account();
  const services = { account, moveTasks: new MoveTasks(account), topics: new Topics(account) };
  // A client that goes away in the middle of its request is no failure of the server.
  const server = createServer((request, response) => void answer(services, request, response).catch(() => {}));
  // An idle connection is its client's to close: else a request may meet a socket that is being closed.
  server.keepAliveTimeout = 0;
  const broker = await serve(server, port, bound => `http://${HOST}:${bound}`);
  account.endpoint = broker.address;
  return broker;
}

async function answer(services: Services, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const body = await text(request);
  const target = request.headers['x-amz-target'];
  const requestId = randomUUID();
  response.setHeader('x-amzn-requestid', requestId);
  if (typeof target === 'string') await answerJson(services, target, body, response, gone.signal);
  else answerQuery(services.topics, body, response, requestId);
}

async function answerJson(
  service: Service,
  target: string,
  body: string,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  response.setHeader('content-type', 'application/x-amz-json-1.0');
  try {
    response.end(JSON.stringify(await runJson(service, target, body, signal)));
  } catch (thrown) {
    const error = asAwsError(thrown);
    response.statusCode = statusOf(error);
    response.setHeader('x-amzn-query-error', `${error.queryCode};Sender`);
    response.end(JSON.stringify({ __type: error.type, message: error.message }));
  }
}

async function runJson(service: Service, target: string, body: string, signal: AbortSignal): Promise<object> {
  const name = target.startsWith(TARGET_PREFIX) ? target.slice(TARGET_PREFIX.length) : '';
  if (!Object.hasOwn(operations, name)) {
    throw new AwsError('com.amazonaws.sqs#UnsupportedOperation', `${target} is not supported.`);
  }
  return operations[name](service, JSON.parse(body || '{}'), signal);
}

function answerQuery(topics: Topics, body: string, response: ServerResponse, requestId: string): void {
  response.setHeader('content-type', 'text/xml');
  const id = textElement('RequestId', requestId);
  try {
    const { action, result } = runSnsOperation(topics, new QueryParameters(body));
    response.end(element(`${action}Response`, element(`${action}Result`, result), element('ResponseMetadata', id)));
  } catch (thrown) {
    const error = asAwsError(thrown);
    response.statusCode = statusOf(error);
    const details = [textElement('Code', error.queryCode), textElement('Message', error.message)];
    response.end(element('ErrorResponse', element('Error', textElement('Type', 'Sender'), ...details), id));
  }
}

const INTERNAL_FAILURE = 'InternalFailure';

function asAwsError(error: unknown): AwsError {
  if (error instanceof AwsError) return error;
  if (error instanceof SyntaxError) return new AwsError('SerializationException', error.message);
  return new AwsError(INTERNAL_FAILURE, String(error));
}

const statusOf = (error: AwsError): number => (error.type === INTERNAL_FAILURE ? 500 : 400);
