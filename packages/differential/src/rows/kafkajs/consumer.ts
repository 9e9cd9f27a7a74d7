import type { Consumer, ConsumerConfig, EachBatchPayload, EachMessageHandler, EachMessagePayload } from 'kafkajs';
import type { Row, Stage } from '../../stage';
import { valueText } from '../../value-text';
import { hostileRows, rows } from '../hostile-rows';
import type { Actors } from './actors';

/* eslint-disable @typescript-eslint/no-explicit-any -- handlers return anything. */

interface Consumption {
  settings?: Partial<ConsumerConfig>;
  /** Of `consumer.run`, with what it handles messages by. */
  run(handled: (payload: any) => void, consumer: Consumer): object;
  /** So often something is handled before the consumer stops; a crash stops it too. */
  times?: number;
  /** What is done to the consumer before it runs, and after all has been handled. */
  before?(consumer: Consumer): unknown;
  after?(consumer: Consumer, topic: string): unknown;
}

const values = ['a', 'b', 'c'];
let count = 0;

/** With a message of each value. */
async function newTopic({ admin, producer }: Actors): Promise<string> {
  const topic = `consumed-${count++}`;
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
  const messages = values.map(value => ({ key: value, value, headers: { tenant: value }, timestamp: '7' }));
  await producer.send({ topic, messages });
  return topic;
}

const settingsOf = (groupId: string) => ({
  groupId,
  maxWaitTimeInMs: 5,
  retry: { retries: 0, initialRetryTime: 1, restartOnFailure: () => Promise.resolve(false) },
});

async function consume(actors: Actors, stage: Stage, consumption: Consumption): Promise<void> {
  const { settings, run, times = values.length, before, after } = consumption;
  const topic = await newTopic(actors);
  const consumer = await stage.call('Kafka.consumer', actors.kafka, { ...settingsOf(topic), ...settings });
  await stage.call('Consumer.connect', consumer);
  await stage.call('Consumer.subscribe', consumer, { topics: [topic], fromBeginning: true });
  await before?.(consumer);
  let left = times;
  await new Promise<void>(resolve => {
    consumer.on(consumer.events.CRASH, ({ payload }: any) => {
      stage.note(`crash ${valueText(payload.error)}`);
      resolve();
    });
    const handled = (payload: unknown) => {
      stage.note(`handler called with ${valueText(payload)}`);
      if (--left === 0) setImmediate(resolve);
    };
    void stage.call('Consumer.run', consumer, run(handled, consumer));
  });
  await after?.(consumer, topic);
  await stage.call('Consumer.stop', consumer);
  await stage.call('Consumer.disconnect', consumer);
}

const plays =
  (consumptionOf: (stage: Stage) => Consumption): Row<Actors>['play'] =>
  (stage, actors) =>
    consume(actors, stage, consumptionOf(stage));

/** What handlers do in the end. */
const endings: Readonly<Record<string, () => unknown>> = {
  'gives back nothing': () => undefined,
  'gives back a value': () => 7,
  'gives back a thenable': () => ({ then: (done: (value: string) => void) => done('then') }),
  'resolves later': () => new Promise(resolve => setImmediate(resolve)),
  throws: () => {
    throw new RangeError('in a handler');
  },
  'throws undefined': () => {
    throw undefined;
  },
  'rejects with a frozen error': () => Promise.reject(Object.freeze(new RangeError('in a handler'))),
  'rejects with a text': () => Promise.reject('in a handler'),
};

const handlers: Row<Actors>[] = ['eachMessage', 'eachBatch'].flatMap(method =>
  Object.entries(endings).map(([ending, end]) => ({
    name: `${method} ${ending}`,
    play: plays(() => ({
      times: method === 'eachBatch' ? 1 : values.length,
      run: handled => ({
        [method](payload: unknown) {
          handled(payload);
          return end();
        },
      }),
    })),
  })),
);

async function useMessage(stage: Stage, payload: EachMessagePayload, topic: string): Promise<void> {
  await stage.call('EachMessagePayload.heartbeat', payload);
  const resume = stage.start('EachMessagePayload.pause', payload);
  stage.note(`paused ${topic} ${payload.message.offset}`);
  stage.apply('EachMessagePayload.pause', resume);
}

async function useBatch(stage: Stage, payload: EachBatchPayload): Promise<void> {
  const { batch } = payload;
  for (const method of ['isEmpty', 'firstOffset', 'lastOffset', 'offsetLag', 'offsetLagLow']) {
    stage.start(`Batch.${method}`, batch);
  }
  for (const message of batch.messages) {
    stage.note(`message ${valueText(message)}`);
    stage.start('EachBatchPayload.resolveOffset', payload, message.offset);
    await stage.call('EachBatchPayload.heartbeat', payload);
  }
  batch.messages.forEach((message, index) => stage.note(`${index} ${valueText(message.value)}`));
  stage.note(valueText(batch.messages.map(({ offset }) => offset)));
  stage.note(valueText([...batch.messages.entries()].length));
  for (const method of ['uncommittedOffsets', 'isRunning', 'isStale'])
    stage.start(`EachBatchPayload.${method}`, payload);
  await stage.call('EachBatchPayload.commitOffsetsIfNecessary', payload);
  await stage.call('EachBatchPayload.commitOffsetsIfNecessary', payload, {});
  stage.start('EachBatchPayload.uncommittedOffsets', payload);
  stage.apply('EachBatchPayload.pause', stage.start('EachBatchPayload.pause', payload));
}

const EVENTS = [
  'CONNECT',
  'GROUP_JOIN',
  'START_BATCH_PROCESS',
  'END_BATCH_PROCESS',
  'COMMIT_OFFSETS',
  'STOP',
  'DISCONNECT',
];

const ordinary = rows<Actors>({
  'what eachMessage is given': plays(stage => ({
    run: handled => ({
      eachMessage: async (payload: EachMessagePayload) => {
        await useMessage(stage, payload, 'x');
        handled(payload);
      },
    }),
  })),
  'what eachBatch is given': plays(stage => ({
    times: 1,
    run: handled => ({
      eachBatchAutoResolve: false,
      eachBatch: async (payload: EachBatchPayload) => {
        await useBatch(stage, payload);
        handled(payload);
      },
    }),
  })),
  'events of a consumer': plays(stage => ({
    before: consumer => {
      for (const name of EVENTS) {
        const event = consumer.events[name as 'CONNECT'];
        stage.start('Consumer.on', consumer, event, ({ type }: { type: string }) => stage.note(type));
      }
      stage.start('Consumer.on', consumer, 'no event', () => {});
      stage.start('Consumer.logger', consumer);
    },
    run: handled => ({ eachMessage: handled }),
  })),
  'a consumer that somebody has patched': plays(stage => ({
    before: consumer => {
      const { run } = consumer;
      consumer.run = config => {
        stage.note(`patched run of ${valueText(config)}`);
        const eachMessage: EachMessageHandler = async payload => {
          stage.note('patched handler');
          await config?.eachMessage?.(payload);
        };
        return run({ ...config, eachMessage });
      };
    },
    run: handled => ({ eachMessage: handled }),
  })),
  'a frozen configuration of a run': plays(() => ({ run: handled => Object.freeze({ eachMessage: handled }) })),
  'a listener that throws': plays(stage => ({
    before: consumer => {
      stage.start('Consumer.on', consumer, consumer.events.END_BATCH_PROCESS, () => {
        throw new RangeError('in a listener');
      });
    },
    run: handled => ({ eachMessage: handled }),
  })),
  'a running consumer is sought back, paused and resumed, and commits': plays(stage => ({
    // The last two once more.
    times: values.length + 2,
    run: (handled, consumer) => {
      let isSought = false;
      return {
        autoCommit: false,
        eachMessage: ({ topic, message }: EachMessagePayload) => {
          handled(message.offset);
          if (message.offset === '2' && !isSought)
            stage.start('Consumer.seek', consumer, { topic, partition: 0, offset: '1' });
          isSought ||= message.offset === '2';
          return Promise.resolve();
        },
      };
    },
    after: async (consumer, topic) => {
      stage.start('Consumer.pause', consumer, [{ topic }]);
      stage.start('Consumer.paused', consumer);
      stage.start('Consumer.resume', consumer, [{ topic }]);
      stage.start('Consumer.paused', consumer);
      await stage.call('Consumer.commitOffsets', consumer, [{ topic, partition: 0, offset: '2', metadata: 'mine' }]);
      await stage.call('Consumer.describeGroup', consumer);
    },
  })),
});

/** On a consumer of its own, which has no topics. */
async function runOnThrowaway({ kafka }: Actors, stage: Stage, run: unknown): Promise<void> {
  const consumer = kafka.consumer(settingsOf(`run-${count++}`));
  await stage.call('Consumer.run', consumer, run);
  await consumer.disconnect();
}

const hostile = hostileRows<Actors>({
  'a run configuration': (stage, actors, value) => runOnThrowaway(actors, stage, value),
  // Which is called, unless there seems to be none.
  'a handler': (stage, actors, value) =>
    value && typeof value !== 'function'
      ? consume(actors, stage, { run: () => ({ eachMessage: value }) })
      : runOnThrowaway(actors, stage, { eachMessage: value }),
  'a handler of batches': (stage, actors, value) => runOnThrowaway(actors, stage, { eachBatch: value }),
  'a place to seek': (stage, { consumer }, value) => stage.call('Consumer.seek', consumer, value),
  'topics to pause': (stage, { consumer }, value) => stage.call('Consumer.pause', consumer, value),
  'topics to resume': (stage, { consumer }, value) => stage.call('Consumer.resume', consumer, value),
  'offsets to commit': (stage, { consumer }, value) => stage.call('Consumer.commitOffsets', consumer, value),
  'a subscription': (stage, { consumer }, value) => stage.call('Consumer.subscribe', consumer, value),
  'an event to listen to': (stage, { consumer }, value) => stage.call('Consumer.on', consumer, value, value),
});

export const consumerRows = [...hostile, ...handlers, ...ordinary];
