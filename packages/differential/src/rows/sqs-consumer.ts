import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Message } from '@aws-sdk/client-sqs';
import * as library from 'sqs-consumer';
import type { Script } from '../script';
import type { Row, Stage } from '../stage';
import { valueText } from '../value-text';
import { start, stop, table, type Actors } from './client-sqs/actors';
import { hostileRows, rows } from './hostile-rows';

/* eslint-disable @typescript-eslint/no-explicit-any -- handlers give back anything. */

const { Consumer } = library;
type Handler = (given: any) => unknown;

const EVENTS = [
  'started',
  'message_received',
  'message_processed',
  'response_processed',
  'empty',
  'error',
  'timeout_error',
  'processing_error',
  'option_updated',
  'aborted',
  'stopped',
] as const;

let count = 0;

async function newQueue({ sqs }: Actors, messages: number): Promise<string> {
  const { QueueUrl } = await sqs.createQueue({ QueueName: `consumed-${count++}` });
  for (let index = 0; index < messages; index++) {
    await sqs.sendMessage({ QueueUrl, MessageBody: `${index}`, MessageAttributes: table({ tenant: 'a' }) });
  }
  return QueueUrl!;
}

function noteEvents(stage: Stage, consumer: library.Consumer): void {
  for (const event of EVENTS) {
    consumer.on(event, (...given: unknown[]) => stage.note(`emits ${event} ${given.map(valueText).join(', ')}`));
  }
}

/** The insides of the client in its options are nobody's business. */
const create = (stage: Stage, options: any): library.Consumer =>
  stage.apply('Consumer.create', () => Consumer.create(options));

/** Until what one poll gives has been handled. */
async function consume(stage: Stage, actors: Actors, options: object, messages = 1): Promise<void> {
  const queueUrl = await newQueue(actors, messages);
  const given = { queueUrl, sqs: actors.client, waitTimeSeconds: 0, batchSize: 10, ...options };
  const consumer = create(stage, given);
  noteEvents(stage, consumer);
  const stopped = new Promise<void>(resolve => void consumer.once('stopped', () => resolve()));
  const stop = () => stage.start('Consumer.stop', consumer);
  for (const event of ['response_processed', 'empty'] as const) consumer.once(event, stop);
  if ('queueUrl' in options) consumer.once('error', stop);
  stage.start('Consumer.start', consumer);
  await stopped;
}

const endings: Readonly<Record<string, Handler>> = {
  'gives back what it got': given => Promise.resolve(given),
  'gives back what it got at once': given => given,
  'gives back nothing': () => Promise.resolve(),
  'gives back nothing of it': () => Promise.resolve([]),
  'gives back another': () => Promise.resolve({ MessageId: 'another' }),
  throws: () => {
    throw new RangeError('in a handler');
  },
  'rejects with a text': () => Promise.reject('in a handler'),
  'rejects with a frozen error': () => Promise.reject(Object.freeze(new RangeError('in a handler'))),
};

const handled = (method: string, stage: Stage, end: Handler) => ({
  [method](given: unknown) {
    stage.note(`handler called with ${valueText(given)}`);
    return end(given);
  },
});

const handlers: Row<Actors>[] = ['handleMessage', 'handleMessageBatch'].flatMap(method =>
  Object.entries(endings).map(([ending, end]) => ({
    name: `${method} ${ending}`,
    play: (stage: Stage, actors: Actors) => consume(stage, actors, handled(method, stage, end)),
  })),
);

const keep = (message: any) => Promise.resolve(message);

/** Rows of options beside a handler that is content. */
const options: Readonly<Record<string, object>> = {
  'messages are not deleted': { shouldDeleteMessages: false },
  'messages are always deleted': { alwaysAcknowledge: true, handleMessage: () => Promise.resolve() },
  'attributes are asked for': { messageAttributeNames: ['tenant'], messageSystemAttributeNames: ['All'] },
  'system attributes are asked for, by their old name': { attributeNames: ['All'] },
  'what fails is seen again at once': {
    terminateVisibilityTimeout: true,
    handleMessage: () => Promise.reject(new RangeError('in a handler')),
  },
  'a handler hangs': { handleMessageTimeout: 5, handleMessage: () => new Promise(() => {}) },
  'callbacks around a poll': {
    preReceiveMessageCallback: () => Promise.resolve(),
    postReceiveMessageCallback: () => Promise.resolve(),
  },
  'a callback before a poll that fails': {
    preReceiveMessageCallback: () => Promise.reject(new RangeError('no')),
    queueUrl: 'http://127.0.0.1/000000000000/none',
  },
  'a queue that is not there': { queueUrl: 'http://127.0.0.1/000000000000/none' },
};

const configured: Row<Actors>[] = Object.entries(options).map(([name, given]) => ({
  name,
  play: (stage, actors) => consume(stage, actors, { ...handled('handleMessage', stage, keep), ...given }),
}));

/** The server is in this process. */
const requestHasArrived = () =>
  new Promise<void>(resolve => {
    const onRequest = () => {
      unsubscribe('http.server.request.start', onRequest);
      resolve();
    };
    subscribe('http.server.request.start', onRequest);
  });

const ordinary = rows<Actors>({
  'batches in loops': (stage, actors) => {
    const end = async (messages: Message[]) => {
      for (const message of messages) stage.note(`loop ${message.Body}`);
      messages.forEach(({ Body }) => stage.note(`forEach ${Body}`));
      stage.note(valueText(messages.map(({ Body }) => Body)));
      await Promise.resolve();
      return messages.filter(({ Body }) => Body !== '1');
    };
    return consume(stage, actors, handled('handleMessageBatch', stage, end), 3);
  },
  'a consumer that is never started': (stage, actors) => {
    const given = { queueUrl: 'http://127.0.0.1/000000000000/orders', sqs: actors.client, handleMessage: keep };
    const consumer = stage.apply('new Consumer', () => new Consumer(given));
    noteEvents(stage, consumer);
    stage.start('Consumer.on', consumer, 'empty', () => stage.note('on'));
    stage.start('Consumer.once', consumer, 'empty', () => stage.note('once'));
    stage.start('Consumer.emit', consumer, 'empty');
    stage.start('Consumer.emit', consumer, 'empty');
    stage.note(valueText(consumer.status));
    for (const [option, value] of Object.entries({
      batchSize: 5,
      visibilityTimeout: 3,
      waitTimeSeconds: -1,
      none: 1,
    })) {
      stage.start('Consumer.updateOption', consumer, option, value);
    }
    stage.start('Consumer.stop', consumer, { abort: true });
  },
  'a poll is aborted': async (stage, actors) => {
    const queueUrl = await newQueue(actors, 0);
    const given = { queueUrl, sqs: actors.client, handleMessage: keep, waitTimeSeconds: 20 };
    const consumer = stage.apply('new Consumer', () => new Consumer(given));
    noteEvents(stage, consumer);
    const failed = new Promise<void>(resolve => void consumer.once('error', () => resolve()));
    const arrived = requestHasArrived();
    stage.start('Consumer.start', consumer);
    stage.start('Consumer.start', consumer);
    stage.note(valueText(consumer.status));
    await arrived;
    // With all of it.
    await actors.sqs.getQueueAttributes({ QueueUrl: queueUrl });
    stage.start('Consumer.stop', consumer, { abort: true });
    await failed;
  },
  'errors of the library': stage => {
    for (const name of ['SQSError', 'TimeoutError', 'StandardError'] as const) {
      stage.make(`new ${name}`, library[name], 'broken');
      stage.make(`new ${name}`, library[name]);
    }
  },
});

const hostile = hostileRows<Actors>({
  'options of a consumer': (stage, _actors, value) => stage.start('Consumer.create', Consumer, value),
  'a client': (stage, _actors, value) =>
    stage.start('Consumer.create', Consumer, {
      queueUrl: 'http://127.0.0.1/1/orders',
      sqs: value,
      handleMessage: keep,
    }),
  'a size of batches': (stage, { client }, value) =>
    create(stage, { queueUrl: 'http://127.0.0.1/1/orders', sqs: client, batchSize: value, handleMessage: keep }),
});

export const sqsConsumer: Script<Actors> = { start, stop, rows: [...hostile, ...handlers, ...configured, ...ordinary] };
