import assert from 'node:assert/strict';
import { uniqueName, withBroker } from '@queuetrace/test-utils';
import {
  CompressionTypes,
  Kafka,
  logLevel,
  type Admin,
  type Consumer,
  type ConsumerConfig,
  type ConsumerGroupJoinEvent,
  type EachMessagePayload,
  type KafkaMessage,
  type Producer,
  type ProducerConfig,
} from 'kafkajs';
import { Cleanup, until } from './support';

process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1';

describe('the Kafka broker', () => {
  const broker = withBroker('kafka');
  const cleanup = new Cleanup();
  let kafka: Kafka;
  let admin: Admin;
  let producer: Producer;

  before(async () => {
    kafka = new Kafka({ clientId: 'embedded-brokers', brokers: [broker.address], logLevel: logLevel.NOTHING });
    admin = kafka.admin();
    producer = kafka.producer();
    await Promise.all([admin.connect(), producer.connect()]);
  });

  afterEach(() => cleanup.run());

  after(() => Promise.all([producer?.disconnect(), admin?.disconnect()]));

  async function newTopic(numPartitions = 1): Promise<string> {
    const topic = uniqueName('topic');
    await admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: true });
    return topic;
  }

  async function partitionsOf(topic: string): Promise<number[]> {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0].partitions.map(partition => partition.partitionId).sort();
  }

  async function newProducer(config: ProducerConfig): Promise<Producer> {
    const another = kafka.producer(config);
    await another.connect();
    cleanup.add(() => another.disconnect());
    return another;
  }

  async function subscribed(topics: string[], config: Partial<ConsumerConfig> = {}): Promise<Consumer> {
    const settings = { groupId: uniqueName('group'), maxWaitTimeInMs: 100, heartbeatInterval: 300, ...config };
    const consumer = kafka.consumer(settings);
    await consumer.connect();
    cleanup.add(() => consumer.disconnect());
    await consumer.subscribe({ topics, fromBeginning: true });
    return consumer;
  }

  /** Starts the consumer; resolves when it is in its group. */
  async function run(consumer: Consumer, eachMessage: (payload: EachMessagePayload) => Promise<void>) {
    const joined = new Promise<ConsumerGroupJoinEvent['payload']>(resolve => {
      consumer.on(consumer.events.GROUP_JOIN, event => resolve(event.payload));
    });
    await consumer.run({ eachMessage });
    return joined;
  }

  /** Everything that comes in on the topic, from its beginning on. */
  async function consume(topic: string, config: Partial<ConsumerConfig> = {}): Promise<KafkaMessage[]> {
    const received: KafkaMessage[] = [];
    await run(await subscribed([topic], config), async ({ message }) => void received.push(message));
    return received;
  }

  const text = (message: KafkaMessage) => String(message.value);

  describe('topics', () => {
    it('are created with the partitions asked for', async () => {
      assert.deepEqual(await partitionsOf(await newTopic(4)), [0, 1, 2, 3]);
    });

    it('are not created twice', async () => {
      const topic = await newTopic();
      assert.equal(await admin.createTopics({ topics: [{ topic }] }), false);
    });

    it('are listed', async () => {
      const topic = await newTopic();
      assert.ok((await admin.listTopics()).includes(topic));
    });

    it('are created by the first message for them', async () => {
      const topic = uniqueName('topic');
      await producer.send({ topic, messages: [{ value: 'first' }] });
      const received = await consume(topic);
      await until(() => received.length === 1);
      assert.deepEqual(received.map(text), ['first']);
    });

    it('have no illegal names', async () => {
      const sending = producer.send({ topic: 'no spaces', messages: [{ value: 'x' }] });
      await assert.rejects(sending, /invalid topic/);
    });

    it('get more partitions', async () => {
      const topic = await newTopic();
      await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
      await until(async () => (await partitionsOf(topic)).length === 3);
    });

    it('are deleted', async () => {
      const topic = await newTopic();
      await admin.deleteTopics({ topics: [topic] });
      await until(async () => !(await admin.listTopics()).includes(topic));
    });
  });

  describe('the cluster', () => {
    it('is one node, which is where the client connected to and its own controller', async () => {
      const { brokers, controller } = await admin.describeCluster();
      assert.deepEqual(
        brokers.map(({ host, port }) => `${host}:${port}`),
        [broker.address],
      );
      assert.equal(controller, brokers[0].nodeId);
    });
  });

  describe('messages', () => {
    it('come back with key, value and headers byte for byte', async () => {
      const topic = await newTopic();
      const bytes = Buffer.from([0, 255, 128, 10]);
      const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
      const headers = { traceparent, bytes, empty: '', twice: ['one', 'two'] };
      await producer.send({ topic, messages: [{ key: bytes, value: Buffer.concat([bytes, bytes]), headers }] });
      const received = await consume(topic);
      await until(() => received.length === 1);
      assert.deepEqual(received[0].key, bytes);
      assert.deepEqual(received[0].value, Buffer.concat([bytes, bytes]));
      assert.deepEqual(received[0].headers, {
        traceparent: Buffer.from(traceparent),
        bytes,
        empty: Buffer.alloc(0),
        twice: [Buffer.from('one'), Buffer.from('two')],
      });
    });

    it('may have neither key nor value', async () => {
      const topic = await newTopic();
      await producer.send({ topic, messages: [{ value: null }] });
      const received = await consume(topic);
      await until(() => received.length === 1);
      assert.deepEqual([received[0].key, received[0].value, received[0].headers], [null, null, {}]);
    });

    it('keep the time they were given', async () => {
      const topic = await newTopic();
      await producer.send({ topic, messages: [{ value: 'x', timestamp: '1700000000123' }] });
      const received = await consume(topic);
      await until(() => received.length === 1);
      assert.equal(received[0].timestamp, '1700000000123');
    });

    it('of one key go to one partition, in order', async () => {
      const topic = await newTopic(3);
      const values = ['a1', 'b1', 'a2', 'c1', 'b2', 'a3'];
      await producer.send({ topic, messages: values.map(value => ({ key: value[0], value })) });
      const partitions: Record<string, Set<number>> = { a: new Set(), b: new Set(), c: new Set() };
      const received: string[] = [];
      await run(await subscribed([topic]), async ({ message, partition }) => {
        partitions[String(message.key)].add(partition);
        received.push(text(message));
      });
      await until(() => received.length === values.length);
      assert.ok(Object.values(partitions).every(({ size }) => size === 1));
      assert.deepEqual(
        received.filter(value => value.startsWith('a')),
        ['a1', 'a2', 'a3'],
      );
    });

    it('get the next offsets of their partition, which the producer is told', async () => {
      const topic = await newTopic();
      const send = (values: string[]) => producer.send({ topic, messages: values.map(value => ({ value })) });
      const offsets = [await send(['0', '1', '2']), await send(['3'])].map(([{ baseOffset }]) => baseOffset);
      assert.deepEqual(offsets, ['0', '3']);
      const received = await consume(topic);
      await until(() => received.length === 4);
      assert.deepEqual(
        received.map(message => message.offset),
        ['0', '1', '2', '3'],
      );
    });

    it('are sent to several topics at once', async () => {
      const topics = [await newTopic(), await newTopic()];
      await producer.sendBatch({ topicMessages: topics.map(topic => ({ topic, messages: [{ value: topic }] })) });
      const received: string[] = [];
      await run(await subscribed(topics), async ({ topic, message }) => {
        assert.equal(text(message), topic);
        received.push(topic);
      });
      await until(() => received.length === 2);
      assert.deepEqual(received.sort(), topics.sort());
    });

    it('are stored without an answer when the producer wants none', async () => {
      const topic = await newTopic();
      assert.deepEqual(await producer.send({ topic, acks: 0, messages: [{ value: 'unanswered' }] }), []);
      const received = await consume(topic);
      await until(() => received.length === 1);
    });

    it('may be compressed', async () => {
      const topic = await newTopic();
      const messages = [{ value: 'zipped', headers: { n: 'gz' } }];
      await producer.send({ topic, compression: CompressionTypes.GZIP, messages });
      const received = await consume(topic);
      await until(() => received.length === 1);
      assert.equal(text(received[0]), 'zipped');
      assert.equal(String(received[0].headers?.n), 'gz');
    });

    it('may come from an idempotent producer', async () => {
      const topic = await newTopic();
      const idempotent = await newProducer({ idempotent: true });
      await idempotent.send({ topic, messages: [{ value: 'once' }] });
      const received = await consume(topic);
      await until(() => received.length === 1);
    });

    it('must not be too large', async () => {
      const topic = await newTopic();
      const sending = producer.send({ topic, messages: [{ value: Buffer.alloc(2 ** 21) }] });
      await assert.rejects(sending, { type: 'MESSAGE_TOO_LARGE' });
    });
  });

  describe('consumers', () => {
    it('get a new message without asking anew', async () => {
      const topic = await newTopic();
      const received = await consume(topic);
      await producer.send({ topic, messages: [{ value: 'live' }] });
      await until(() => received.length === 1);
      assert.deepEqual(received.map(text), ['live']);
    });

    it('get every partition when they are alone, and are the leader', async () => {
      const topic = await newTopic(3);
      const { isLeader, memberAssignment } = await run(await subscribed([topic]), async () => {});
      assert.equal(isLeader, true);
      assert.deepEqual(memberAssignment[topic].sort(), [0, 1, 2]);
    });

    it('share the partitions with those that join the group later, and take them over when those leave', async () => {
      const topic = await newTopic(3);
      const groupId = uniqueName('group');
      const first = await subscribed([topic], { groupId });
      const assignments: number[][] = [];
      first.on(first.events.GROUP_JOIN, ({ payload }) => void assignments.push(payload.memberAssignment[topic] ?? []));
      await run(first, async () => {});
      const second = await subscribed([topic], { groupId });
      const { memberAssignment } = await run(second, async () => {});
      await until(() => assignments.length >= 2);
      assert.deepEqual([...memberAssignment[topic], ...assignments.at(-1)!].sort(), [0, 1, 2]);
      await second.disconnect();
      await until(() => assignments.at(-1)!.length === 3);
    });

    it('lose their partitions when they show no sign of life', async () => {
      const topic = await newTopic();
      // A real broker does not take less than six seconds.
      const config = { groupId: uniqueName('group'), sessionTimeout: broker.embedded ? 500 : 6000 };
      const { promise: released, resolve: release } = Promise.withResolvers<void>();
      const { promise: stuck, resolve: isStuck } = Promise.withResolvers<void>();
      await run(await subscribed([topic], config), () => (isStuck(), released));
      cleanup.add(async () => release());
      await producer.send({ topic, messages: [{ value: 'x' }] });
      await stuck;
      const received = await consume(topic, config);
      await until(() => received.length === 1);
    });

    it('are asked for signs of life, and commit what they have done', async () => {
      const topic = await newTopic();
      const consumer = await subscribed([topic], { heartbeatInterval: 50 });
      const seen = { heartbeats: 0, commits: 0 };
      consumer.on(consumer.events.HEARTBEAT, () => void seen.heartbeats++);
      consumer.on(consumer.events.COMMIT_OFFSETS, () => void seen.commits++);
      await run(consumer, async () => {});
      await producer.send({ topic, messages: [{ value: 'x' }] });
      await until(() => seen.heartbeats > 0 && seen.commits > 0);
    });

    it('go on where their group has stopped', async () => {
      const topic = await newTopic();
      const groupId = uniqueName('group');
      await producer.send({ topic, messages: [{ value: 'before' }] });
      const first = await subscribed([topic], { groupId });
      const before: KafkaMessage[] = [];
      await run(first, async ({ message }) => void before.push(message));
      await until(() => before.length === 1);
      await first.disconnect();
      const after = await consume(topic, { groupId });
      await producer.send({ topic, messages: [{ value: 'after' }] });
      await until(() => after.length === 1);
      assert.deepEqual(after.map(text), ['after']);
    });

    it('get whole batches', async () => {
      const topics = [await newTopic(), await newTopic()];
      for (const topic of topics) await producer.send({ topic, messages: [{ value: '1' }, { value: '2' }] });
      const consumer = await subscribed(topics);
      const batches: [string, number, string][] = [];
      await consumer.run({
        eachBatchAutoResolve: false,
        eachBatch: async ({ batch, resolveOffset, heartbeat, commitOffsetsIfNecessary }) => {
          batches.push([batch.topic, batch.messages.length, batch.highWatermark]);
          for (const message of batch.messages) resolveOffset(message.offset);
          await heartbeat();
          await commitOffsetsIfNecessary();
        },
      });
      await until(() => batches.length === 2);
      const byTopic = (a: unknown[], b: unknown[]) => (String(a[0]) < String(b[0]) ? -1 : 1);
      assert.deepEqual(batches.sort(byTopic), topics.map(topic => [topic, 2, '2']).sort(byTopic));
    });

    it('get a message again that they have failed on', async () => {
      const topic = await newTopic();
      await producer.send({ topic, messages: [{ value: 'poison' }] });
      const offsets: string[] = [];
      const consumer = await subscribed([topic], { retry: { initialRetryTime: 50, retries: 5 } });
      await run(consumer, async ({ message }) => {
        offsets.push(message.offset);
        if (offsets.length < 3) throw new Error('not yet');
      });
      await until(() => offsets.length === 3);
      assert.deepEqual(offsets, ['0', '0', '0']);
    });

    it('pass a message on to another topic with its headers', async () => {
      const [topic, deadLetters] = [await newTopic(), await newTopic()];
      await producer.send({ topic, messages: [{ key: 'k', value: 'poison', headers: { traceparent: 'tp' } }] });
      await run(await subscribed([topic]), async ({ message: { key, value, headers } }) => {
        const messages = [{ key, value, headers: { ...headers, 'x-error': 'boom' } }];
        await producer.send({ topic: deadLetters, messages });
      });
      const received = await consume(deadLetters);
      await until(() => received.length === 1);
      assert.deepEqual([text(received[0]), Object.keys(received[0].headers!)], ['poison', ['traceparent', 'x-error']]);
    });

    it('start anew when they ask for an offset that there is not', async () => {
      const topic = await newTopic();
      await producer.send({ topic, messages: [{ value: 'first' }] });
      const consumer = await subscribed([topic]);
      const received: string[] = [];
      await consumer.run({ eachMessage: async ({ message }) => void received.push(text(message)) });
      consumer.seek({ topic, partition: 0, offset: '1000' });
      await until(() => received.length > 0);
      assert.equal(received.at(-1), 'first');
    });
  });

  describe('offsets', () => {
    it('of a topic reach from its first to its next message', async () => {
      const topic = await newTopic();
      await producer.send({ topic, messages: [{ value: '0' }, { value: '1' }] });
      const offsets = await admin.fetchTopicOffsets(topic);
      assert.deepEqual(offsets, [{ partition: 0, offset: '2', high: '2', low: '0' }]);
    });

    it('are found by time', async () => {
      const topic = await newTopic();
      for (const timestamp of ['1000', '2000', '3000']) {
        await producer.send({ topic, messages: [{ value: 'x', timestamp }] });
      }
      assert.deepEqual(await admin.fetchTopicOffsetsByTimestamp(topic, 1500), [{ partition: 0, offset: '1' }]);
    });

    it('that a group has committed are told', async () => {
      const topic = await newTopic();
      const groupId = uniqueName('group');
      await producer.send({ topic, messages: [{ value: '0' }, { value: '1' }] });
      await consume(topic, { groupId });
      const committed = async () => (await admin.fetchOffsets({ groupId, topics: [topic] }))[0].partitions[0].offset;
      await until(async () => (await committed()) === '2');
    });

    it('that a group has not committed are -1', async () => {
      const topic = await newTopic();
      const [{ partitions }] = await admin.fetchOffsets({ groupId: uniqueName('group'), topics: [topic] });
      assert.equal(partitions[0].offset, '-1');
    });
  });

  describe('transactions', () => {
    const transactional = () =>
      newProducer({ transactionalId: uniqueName('tx'), maxInFlightRequests: 1, idempotent: true });

    it('take effect as a whole when they commit: messages and offsets', async () => {
      const topic = await newTopic();
      const groupId = uniqueName('group');
      const transaction = await (await transactional()).transaction();
      await transaction.send({ topic, messages: [{ value: 'committed' }] });
      const topics = [{ topic, partitions: [{ partition: 0, offset: '1' }] }];
      await transaction.sendOffsets({ consumerGroupId: groupId, topics });
      await transaction.commit();
      const received = await consume(topic);
      await until(() => received.length === 1);
      assert.deepEqual(received.map(text), ['committed']);
      const committed = async () => (await admin.fetchOffsets({ groupId, topics: [topic] }))[0].partitions[0].offset;
      await until(async () => (await committed()) === '1');
    });

    it('leave nothing behind when they abort', async () => {
      const topic = await newTopic();
      const transaction = await (await transactional()).transaction();
      await transaction.send({ topic, messages: [{ value: 'aborted' }] });
      await transaction.abort();
      await producer.send({ topic, messages: [{ value: 'after' }] });
      const received = await consume(topic);
      await until(() => received.length === 1);
      assert.deepEqual(received.map(text), ['after']);
    });
  });

  describe('groups', () => {
    it('are described with their members', async () => {
      const topic = await newTopic();
      const groupId = uniqueName('group');
      await consume(topic, { groupId });
      const describe = async () => (await admin.describeGroups([groupId])).groups[0];
      await until(async () => (await describe()).state === 'Stable');
      const { protocol, members } = await describe();
      assert.equal(protocol, 'RoundRobinAssigner');
      assert.deepEqual(
        members.map(({ clientId }) => clientId),
        ['embedded-brokers'],
      );
    });

    it('stay, empty, when their members have left', async () => {
      const topic = await newTopic();
      const groupId = uniqueName('group');
      const consumer = await subscribed([topic], { groupId });
      await producer.send({ topic, messages: [{ value: 'x' }] });
      let committed = false;
      consumer.on(consumer.events.COMMIT_OFFSETS, () => void (committed = true));
      await run(consumer, async () => {});
      await until(() => committed);
      await consumer.disconnect();
      const { groups } = await admin.describeGroups([groupId]);
      assert.deepEqual([groups[0].state, groups[0].members], ['Empty', []]);
      assert.ok((await admin.listGroups()).groups.some(group => group.groupId === groupId));
    });

    it('are deleted once they are empty', async () => {
      const topic = await newTopic();
      const groupId = uniqueName('group');
      const consumer = await subscribed([topic], { groupId });
      await run(consumer, async () => {});
      await assert.rejects(admin.deleteGroups([groupId]));
      await consumer.disconnect();
      await admin.deleteGroups([groupId]);
      assert.ok(!(await admin.listGroups()).groups.some(group => group.groupId === groupId));
    });
  });
});
