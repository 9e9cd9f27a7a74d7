import assert from 'node:assert/strict';
import {
  CreateTopicCommand,
  PublishBatchCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns';
import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListDeadLetterSourceQueuesCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
  type Message,
  type ReceiveMessageCommandInput,
  type SendMessageCommandInput,
} from '@aws-sdk/client-sqs';
import { uniqueName, withBroker } from '@queuetrace/test-utils';
import { Cleanup } from './support';

const TRACEPARENT = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
const TRACE_HEADER = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1';

const string = (value: string) => ({ DataType: 'String', StringValue: value });
const attributes = (...names: string[]) => Object.fromEntries(names.map(name => [name, string(TRACEPARENT)]));

describe('the SQS server', () => {
  const broker = withBroker('aws_sqs');
  const cleanup = new Cleanup();
  let sqs: SQSClient;

  before(() => {
    sqs = new SQSClient(clientConfig());
  });

  afterEach(() => cleanup.run());

  after(() => sqs?.destroy());

  function clientConfig() {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    return { endpoint: broker.address, region: 'us-east-1', credentials, maxAttempts: 1 };
  }

  async function newQueue(Attributes: Record<string, string> = {}, QueueName = uniqueName('queue')): Promise<string> {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
    cleanup.add(() => sqs.send(new DeleteQueueCommand({ QueueUrl })));
    return QueueUrl!;
  }

  const newFifoQueue = (Attributes: Record<string, string> = {}) =>
    newQueue({ FifoQueue: 'true', ...Attributes }, `${uniqueName('queue')}.fifo`);

  async function queueAttributes(QueueUrl: string) {
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    return Attributes!;
  }

  const arnOf = async (queue: string) => (await queueAttributes(queue)).QueueArn!;

  /** A queue whose messages go to the other one when they have been received once. */
  async function newQueuePair(): Promise<{ queue: string; deadLetters: string }> {
    const deadLetters = await newQueue();
    const policy = { deadLetterTargetArn: await arnOf(deadLetters), maxReceiveCount: 1 };
    return { deadLetters, queue: await newQueue({ RedrivePolicy: JSON.stringify(policy) }) };
  }

  function send(QueueUrl: string, MessageBody: string, input: Partial<SendMessageCommandInput> = {}) {
    return sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...input }));
  }

  async function receive(QueueUrl: string, input: Partial<ReceiveMessageCommandInput> = {}): Promise<Message[]> {
    const command = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, ...input });
    return (await sqs.send(command)).Messages ?? [];
  }

  async function receiveOne(queue: string, input: Partial<ReceiveMessageCommandInput> = {}): Promise<Message> {
    const [message] = await receive(queue, { MaxNumberOfMessages: 1, WaitTimeSeconds: 10, ...input });
    assert.ok(message, 'no message');
    return message;
  }

  function remove(QueueUrl: string, { ReceiptHandle }: Message) {
    return sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  }

  function hide(QueueUrl: string, { ReceiptHandle }: Message, VisibilityTimeout: number) {
    return sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }));
  }

  const bodies = (messages: Message[]) => messages.map(({ Body }) => Body);

  describe('queues', () => {
    it('are found by their name and by its beginning', async () => {
      const name = uniqueName('queue');
      const queue = await newQueue({}, name);
      assert.equal((await sqs.send(new GetQueueUrlCommand({ QueueName: name }))).QueueUrl, queue);
      const { QueueUrls } = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: name }));
      assert.deepEqual(QueueUrls, [queue]);
    });

    it('may be created once more', async () => {
      const name = uniqueName('queue');
      const queue = await newQueue({ VisibilityTimeout: '7' }, name);
      const again = new CreateQueueCommand({ QueueName: name, Attributes: { VisibilityTimeout: '7' } });
      assert.equal((await sqs.send(again)).QueueUrl, queue);
    });

    it('tell their ARN, their settings and how many messages they have', async () => {
      const name = uniqueName('queue');
      const queue = await newQueue({ VisibilityTimeout: '7' }, name);
      await sqs.send(new SetQueueAttributesCommand({ QueueUrl: queue, Attributes: { DelaySeconds: '0' } }));
      for (const body of ['1', '2', '3']) await send(queue, body);
      await send(queue, 'later', { DelaySeconds: 900 });
      await receiveOne(queue);
      const told = await queueAttributes(queue);
      assert.equal(told.QueueArn, `arn:aws:sqs:us-east-1:000000000000:${name}`);
      assert.equal(told.VisibilityTimeout, '7');
      assert.equal(told.ApproximateNumberOfMessages, '2');
      assert.equal(told.ApproximateNumberOfMessagesNotVisible, '1');
      assert.equal(told.ApproximateNumberOfMessagesDelayed, '1');
    });

    it('are emptied', async () => {
      const queue = await newQueue();
      await send(queue, 'x');
      await sqs.send(new PurgeQueueCommand({ QueueUrl: queue }));
      assert.deepEqual(await receive(queue), []);
    });

    it('that there are not are an error', async () => {
      const queue = await newQueue();
      await assert.rejects(receive(`${queue}x`), { name: 'QueueDoesNotExist' });
    });
  });

  describe('messages', () => {
    it('come back with their body and its checksum', async () => {
      const queue = await newQueue();
      const sent = await send(queue, 'hello');
      const message = await receiveOne(queue);
      assert.equal(message.MessageId, sent.MessageId);
      assert.equal(message.Body, 'hello');
      assert.equal(message.MD5OfBody, '5d41402abc4b2a76b9719d911017c592');
      assert.equal(sent.MD5OfMessageBody, message.MD5OfBody);
    });

    it('come back with attributes of every type and their checksum', async () => {
      const queue = await newQueue();
      const given = {
        traceparent: string(TRACEPARENT),
        n: { DataType: 'Number.int', StringValue: '1' },
        bytes: { DataType: 'Binary', BinaryValue: Buffer.from([0, 255]) },
      };
      const sent = await send(queue, 'x', { MessageAttributes: given });
      const message = await receiveOne(queue, { MessageAttributeNames: ['All'] });
      const received = Object.entries(message.MessageAttributes!);
      const values = received.map(([name, { StringValue, BinaryValue }]) => [
        name,
        StringValue ?? Buffer.from(BinaryValue!).toString('hex'),
      ]);
      assert.deepEqual(Object.fromEntries(values), { traceparent: TRACEPARENT, n: '1', bytes: '00ff' });
      assert.equal(message.MessageAttributes!.n.DataType, 'Number.int');
      assert.equal(sent.MD5OfMessageAttributes, '438e773ec1fa08a29dfaa0ac2cdca900');
      assert.equal(message.MD5OfMessageAttributes, sent.MD5OfMessageAttributes);
    });

    it('come back without attributes when nobody asks for them', async () => {
      const queue = await newQueue();
      await send(queue, 'x', { MessageAttributes: attributes('traceparent') });
      const message = await receiveOne(queue);
      assert.equal(message.MessageAttributes, undefined);
      assert.equal(message.MD5OfMessageAttributes, undefined);
      assert.equal(message.Attributes, undefined);
    });

    it('come back with only those attributes that are asked for', async () => {
      const queue = await newQueue();
      await send(queue, 'x', { MessageAttributes: attributes('traceparent', 'other') });
      const names = { MessageAttributeNames: ['traceparent', 'none'], MessageSystemAttributeNames: ['SentTimestamp'] };
      const message = await receiveOne(queue, names as Partial<ReceiveMessageCommandInput>);
      assert.deepEqual(Object.keys(message.MessageAttributes!), ['traceparent']);
      assert.deepEqual(Object.keys(message.Attributes!), ['SentTimestamp']);
    });

    it('keep the trace header of AWS X-Ray', async () => {
      const queue = await newQueue();
      await send(queue, 'x', { MessageSystemAttributes: { AWSTraceHeader: string(TRACE_HEADER) } });
      const message = await receiveOne(queue, { MessageSystemAttributeNames: ['AWSTraceHeader'] });
      assert.deepEqual(message.Attributes, { AWSTraceHeader: TRACE_HEADER });
    });

    it('have no more than ten attributes', async () => {
      const queue = await newQueue();
      const names = Array.from({ length: 11 }, (_, n) => `a${n}`);
      await send(queue, 'ten', { MessageAttributes: attributes(...names.slice(1)) });
      await assert.rejects(send(queue, 'eleven', { MessageAttributes: attributes(...names) }), /\b10\b/);
    });

    it('need a body', async () => {
      await assert.rejects(send(await newQueue(), ''));
    });

    it('are sent, hidden and deleted in batches', async () => {
      const queue = await newQueue();
      const entries = Array.from({ length: 10 }, (_, n) => ({ Id: `id${n}`, MessageBody: `body ${n}` }));
      const sent = await sqs.send(new SendMessageBatchCommand({ QueueUrl: queue, Entries: entries }));
      assert.deepEqual(
        sent.Successful!.map(({ Id }) => Id),
        entries.map(({ Id }) => Id),
      );
      const received = await receive(queue);
      assert.deepEqual(bodies(received).sort(), entries.map(entry => entry.MessageBody).sort());
      const receipts = received.map(({ ReceiptHandle }, n) => ({ Id: `id${n}`, ReceiptHandle }));
      const toHide = receipts.map(entry => ({ ...entry, VisibilityTimeout: 60 }));
      const hidden = await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queue, Entries: toHide }));
      assert.equal(hidden.Successful!.length, 10);
      const deleted = await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queue, Entries: receipts }));
      assert.equal(deleted.Successful!.length, 10);
    });

    it('of a batch succeed and fail each for itself', async () => {
      const queue = await newQueue();
      const tooMany = attributes(...Array.from({ length: 11 }, (_, n) => `a${n}`));
      const Entries = [
        { Id: 'good', MessageBody: 'good' },
        { Id: 'bad', MessageBody: 'bad', MessageAttributes: tooMany },
      ];
      const { Successful, Failed } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: queue, Entries }));
      assert.deepEqual([Successful!.map(({ Id }) => Id), Failed!.map(({ Id }) => Id)], [['good'], ['bad']]);
    });
  });

  describe('batches', () => {
    const sendBatch = async (...ids: string[]) => {
      const Entries = ids.map(Id => ({ Id, MessageBody: 'x' }));
      return sqs.send(new SendMessageBatchCommand({ QueueUrl: await newQueue(), Entries }));
    };

    it('have at most ten entries', async () => {
      const ids = Array.from({ length: 11 }, (_, n) => `id${n}`);
      await assert.rejects(sendBatch(...ids), { name: 'TooManyEntriesInBatchRequest' });
    });

    it('have no id twice', async () => {
      await assert.rejects(sendBatch('same', 'same'), { name: 'BatchEntryIdsNotDistinct' });
    });
  });

  describe('consumers', () => {
    it('get a message that comes while they wait', async () => {
      const queue = await newQueue();
      const waiting = receiveOne(queue, { WaitTimeSeconds: 20 });
      await send(queue, 'awaited');
      assert.equal((await waiting).Body, 'awaited');
    });

    it('wait as long as their queue says', async () => {
      const queue = await newQueue({ ReceiveMessageWaitTimeSeconds: '20' });
      const waiting = receive(queue);
      await send(queue, 'awaited');
      assert.deepEqual(bodies(await waiting), ['awaited']);
    });

    it('get a message once until it becomes visible again', async () => {
      const queue = await newQueue();
      await send(queue, 'x');
      const count = { MessageSystemAttributeNames: ['ApproximateReceiveCount' as const] };
      const first = await receiveOne(queue, count);
      assert.deepEqual(await receive(queue), []);
      await hide(queue, first, 0);
      const second = await receiveOne(queue, count);
      assert.equal(second.MessageId, first.MessageId);
      assert.notEqual(second.ReceiptHandle, first.ReceiptHandle);
      const counts = [first, second].map(message => message.Attributes!.ApproximateReceiveCount);
      assert.deepEqual(counts, ['1', '2']);
    });

    it('get a message again when its visibility timeout is over', async () => {
      const queue = await newQueue({ VisibilityTimeout: '1' });
      await send(queue, 'x');
      const first = await receiveOne(queue);
      assert.equal((await receiveOne(queue)).MessageId, first.MessageId);
    });

    it('get a delayed message when its time has come', async () => {
      const queue = await newQueue();
      await send(queue, 'delayed', { DelaySeconds: 1 });
      assert.deepEqual(await receive(queue), []);
      assert.equal((await receiveOne(queue)).Body, 'delayed');
    });

    it('do not get a message again that they have deleted', async () => {
      const queue = await newQueue({ VisibilityTimeout: '0' });
      await send(queue, 'x');
      await remove(queue, await receiveOne(queue));
      assert.deepEqual(await receive(queue), []);
    });

    it('need a receipt handle that is one', async () => {
      const queue = await newQueue();
      await assert.rejects(remove(queue, { ReceiptHandle: 'nonsense' }), { name: 'ReceiptHandleIsInvalid' });
    });

    it('get at most ten messages at once', async () => {
      await assert.rejects(receive(await newQueue(), { MaxNumberOfMessages: 11 }), /MaxNumberOfMessages/);
    });
  });

  describe('dead letters', () => {
    it('are messages that were received too often', async () => {
      const { queue, deadLetters } = await newQueuePair();
      await send(queue, 'poison', { MessageAttributes: attributes('traceparent') });
      await hide(queue, await receiveOne(queue), 0);
      assert.deepEqual(await receive(queue), []);
      const message = await receiveOne(deadLetters, { MessageAttributeNames: ['All'] });
      assert.equal(message.Body, 'poison');
      assert.deepEqual(Object.keys(message.MessageAttributes!), ['traceparent']);
    });

    it('say where they come from', async () => {
      const { queue, deadLetters } = await newQueuePair();
      await send(queue, 'poison', { MessageSystemAttributes: { AWSTraceHeader: string(TRACE_HEADER) } });
      await hide(queue, await receiveOne(queue), 0);
      assert.deepEqual(await receive(queue), []);
      const { Attributes } = await receiveOne(deadLetters, { MessageSystemAttributeNames: ['All'] });
      assert.equal(Attributes!.DeadLetterQueueSourceArn, await arnOf(queue));
      assert.equal(Attributes!.AWSTraceHeader, TRACE_HEADER);
    });

    it('are moved back to where they come from', async () => {
      const { queue, deadLetters } = await newQueuePair();
      await send(queue, 'poison', { MessageAttributes: attributes('traceparent') });
      await hide(queue, await receiveOne(queue), 0);
      assert.deepEqual(await receive(queue), []);
      await sqs.send(new StartMessageMoveTaskCommand({ SourceArn: await arnOf(deadLetters) }));
      const message = await receiveOne(queue, { MessageAttributeNames: ['All'] });
      assert.equal(message.Body, 'poison');
      assert.deepEqual(Object.keys(message.MessageAttributes!), ['traceparent']);
    });

    it('are in a queue that knows which queues send them there', async () => {
      const { queue, deadLetters } = await newQueuePair();
      const { queueUrls } = await sqs.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: deadLetters }));
      assert.deepEqual(queueUrls, [queue]);
    });
  });

  describe('FIFO queues', () => {
    const inGroup = (MessageGroupId: string, MessageDeduplicationId?: string) => ({
      MessageGroupId,
      MessageDeduplicationId,
    });

    it('number their messages', async () => {
      const queue = await newFifoQueue();
      const numbers = [await send(queue, '1', inGroup('g', '1')), await send(queue, '2', inGroup('g', '2'))];
      const [first, second] = numbers.map(({ SequenceNumber }) => BigInt(SequenceNumber!));
      assert.ok(first < second);
      const { Attributes } = await receiveOne(queue, { MessageSystemAttributeNames: ['All'] });
      assert.equal(Attributes!.SequenceNumber, numbers[0].SequenceNumber);
      assert.equal(Attributes!.MessageGroupId, 'g');
      assert.equal(Attributes!.MessageDeduplicationId, '1');
    });

    it('keep the order, and hold a group back while one of its messages is in flight', async () => {
      const queue = await newFifoQueue();
      for (const body of ['a1', 'a2', 'b1']) await send(queue, body, inGroup(body[0], body));
      const first = await receiveOne(queue);
      assert.equal(first.Body, 'a1');
      assert.deepEqual(bodies(await receive(queue)), ['b1']);
      await remove(queue, first);
      assert.deepEqual(bodies(await receive(queue)), ['a2']);
    });

    it('take the same message only once', async () => {
      const queue = await newFifoQueue({ ContentBasedDeduplication: 'true' });
      const sent = [await send(queue, 'same', inGroup('g')), await send(queue, 'same', inGroup('g'))];
      assert.equal(sent[0].MessageId, sent[1].MessageId);
      await send(queue, 'another', inGroup('g'));
      assert.deepEqual(bodies(await receive(queue)), ['same', 'another']);
    });

    it('need a message group', async () => {
      await assert.rejects(send(await newFifoQueue(), 'x', { MessageDeduplicationId: '1' }));
    });

    it('need to know how to tell the same message', async () => {
      await assert.rejects(send(await newFifoQueue(), 'x', inGroup('g')), { name: 'InvalidParameterValue' });
    });
  });

  // ElasticMQ does not do what AWS documents here.
  describe('as in AWS (embedded only)', () => {
    before(function () {
      if (!broker.embedded) this.skip();
    });

    it('messages come back with the attributes whose names begin with what is asked for', async () => {
      const queue = await newQueue();
      await send(queue, 'x', { MessageAttributes: attributes('trace.parent', 'trace.state', 'other') });
      const message = await receiveOne(queue, { MessageAttributeNames: ['trace.*'] });
      assert.deepEqual(Object.keys(message.MessageAttributes!).sort(), ['trace.parent', 'trace.state']);
    });

    it('message attributes have a legal name and a value', async () => {
      const queue = await newQueue();
      const sendAttribute = (name: string, attribute = string('x')) =>
        send(queue, 'x', { MessageAttributes: { [name]: attribute } });
      await sendAttribute('trace-parent_1.2');
      for (const name of ['AWS.x', 'amazon.x', '.x', 'x.', 'x..y', 'a b']) await assert.rejects(sendAttribute(name));
      await assert.rejects(sendAttribute('empty', string('')));
    });

    it('batches are not empty', async () => {
      const command = new SendMessageBatchCommand({ QueueUrl: await newQueue(), Entries: [] });
      await assert.rejects(sqs.send(command), { name: 'EmptyBatchRequest' });
    });

    it('consumers get nothing, not even an empty list, from an empty queue', async () => {
      const output = await sqs.send(new ReceiveMessageCommand({ QueueUrl: await newQueue() }));
      assert.equal(output.Messages, undefined);
    });

    it('what breaks a limit is an invalid parameter', async () => {
      const queue = await newQueue();
      const names = Array.from({ length: 11 }, (_, n) => `a${n}`);
      const sending = send(queue, 'eleven', { MessageAttributes: attributes(...names) });
      await assert.rejects(sending, { name: 'InvalidParameterValue' });
      await assert.rejects(receive(queue, { MaxNumberOfMessages: 11 }), { name: 'InvalidParameterValue' });
    });
  });

  describe('SNS (embedded or moto only)', () => {
    let sns: SNSClient;

    before(function () {
      if (!broker.embedded) this.skip();
      sns = new SNSClient(clientConfig());
    });

    after(() => sns?.destroy());

    async function newTopic(): Promise<string> {
      return (await sns.send(new CreateTopicCommand({ Name: uniqueName('topic') }))).TopicArn!;
    }

    async function subscribe(TopicArn: string, queue: string, RawMessageDelivery: 'true' | 'false') {
      const Attributes = { RawMessageDelivery };
      const Endpoint = await arnOf(queue);
      return sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint, Attributes }));
    }

    it('passes messages on as they are, with their attributes', async () => {
      const [TopicArn, queue] = [await newTopic(), await newQueue()];
      await subscribe(TopicArn, queue, 'true');
      const bytes = { DataType: 'Binary', BinaryValue: Buffer.from([0, 255]) };
      const MessageAttributes = { ...attributes('traceparent'), bytes };
      await sns.send(new PublishCommand({ TopicArn, Message: 'a < b & c', MessageAttributes }));
      const message = await receiveOne(queue, { MessageAttributeNames: ['All'] });
      assert.equal(message.Body, 'a < b & c');
      assert.equal(message.MessageAttributes!.traceparent.StringValue, TRACEPARENT);
      assert.deepEqual(Buffer.from(message.MessageAttributes!.bytes.BinaryValue!), Buffer.from([0, 255]));
    });

    it('passes messages on in an envelope that has their attributes in it', async () => {
      const [TopicArn, queue] = [await newTopic(), await newQueue()];
      await subscribe(TopicArn, queue, 'false');
      const MessageAttributes = attributes('traceparent');
      const published = await sns.send(
        new PublishCommand({ TopicArn, Message: 'fan', Subject: 'news', MessageAttributes }),
      );
      const message = await receiveOne(queue, { MessageAttributeNames: ['All'] });
      assert.equal(message.MessageAttributes, undefined);
      const { Timestamp, ...envelope } = JSON.parse(message.Body!);
      assert.ok(Date.parse(Timestamp) > 0);
      assert.equal(envelope.Type, 'Notification');
      assert.equal(envelope.MessageId, published.MessageId);
      assert.equal(envelope.TopicArn, TopicArn);
      assert.deepEqual([envelope.Subject, envelope.Message], ['news', 'fan']);
      assert.deepEqual(envelope.MessageAttributes, { traceparent: { Type: 'String', Value: TRACEPARENT } });
    });

    it('passes a batch on to every queue', async () => {
      const [TopicArn, queues] = [await newTopic(), [await newQueue(), await newQueue()]];
      for (const queue of queues) await subscribe(TopicArn, queue, 'true');
      const PublishBatchRequestEntries = ['1', '2'].map(Id => ({
        Id,
        Message: Id,
        MessageAttributes: attributes('tp'),
      }));
      const published = await sns.send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries }));
      assert.deepEqual(
        published.Successful!.map(({ Id }) => Id),
        ['1', '2'],
      );
      for (const queue of queues) {
        const received = await receive(queue, { MessageAttributeNames: ['All'] });
        assert.deepEqual(bodies(received), ['1', '2']);
        assert.ok(received.every(message => message.MessageAttributes!.tp.StringValue === TRACEPARENT));
      }
    });

    it('does not pass on what a queue does not take', async () => {
      const [TopicArn, queue] = [await newTopic(), await newQueue()];
      await subscribe(TopicArn, queue, 'true');
      const MessageAttributes = attributes(...Array.from({ length: 11 }, (_, n) => `a${n}`));
      await sns.send(new PublishCommand({ TopicArn, Message: 'too many', MessageAttributes }));
      assert.deepEqual(await receive(queue), []);
    });

    it('stops when a queue is unsubscribed', async () => {
      const [TopicArn, queue] = [await newTopic(), await newQueue()];
      const { SubscriptionArn } = await subscribe(TopicArn, queue, 'true');
      await sns.send(new UnsubscribeCommand({ SubscriptionArn }));
      await sns.send(new PublishCommand({ TopicArn, Message: 'unheard' }));
      assert.deepEqual(await receive(queue), []);
    });

    it('knows no topic that nobody has created', async () => {
      const TopicArn = 'arn:aws:sns:us-east-1:000000000000:nowhere';
      await assert.rejects(sns.send(new PublishCommand({ TopicArn, Message: 'x' })), { name: 'NotFoundException' });
    });
  });
});
