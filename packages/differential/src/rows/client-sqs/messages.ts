import * as sdk from '@aws-sdk/client-sqs';
import type { Row, Stage } from '../../stage';
import { valueText } from '../../value-text';
import { headerTables, hostileRows, notHuge, rows } from '../hostile-rows';
import { configuration, send, table, text, type Actors } from './actors';

/* eslint-disable @typescript-eslint/no-explicit-any -- anything is sent here. */

const message = (actors: Actors, stage: Stage, more: object) =>
  send(actors, stage, 'SendMessageCommand', { QueueUrl: actors.queueUrl, MessageBody: 'x', ...more });
const hostile = hostileRows<Actors>({
  'a command': (stage, { client }, value) => stage.call('SQSClient.send', client, value),
  'an input': (stage, actors, value) => send(actors, stage, 'SendMessageCommand', value),
  'options of a call': (stage, actors, value) =>
    send(actors, stage, 'SendMessageCommand', { QueueUrl: actors.queueUrl, MessageBody: 'x' }, value),
  'a queue': (stage, actors, value) => message(actors, stage, { QueueUrl: value }),
  'a body': (stage, actors, value) => message(actors, stage, { MessageBody: value }),
  attributes: (stage, actors, value) => message(actors, stage, { MessageAttributes: notHuge(value) }),
  'an attribute': (stage, actors, value) => message(actors, stage, { MessageAttributes: { tenant: value } }),
  'the value of an attribute': (stage, actors, value) =>
    message(actors, stage, { MessageAttributes: { tenant: text(value) } }),
  'a traceparent': (stage, actors, value) => message(actors, stage, { MessageAttributes: { traceparent: value } }),
  'a binary attribute': (stage, actors, value) =>
    message(actors, stage, { MessageAttributes: { tenant: { DataType: 'Binary', BinaryValue: value } } }),
  'system attributes': (stage, actors, value) => message(actors, stage, { MessageSystemAttributes: notHuge(value) }),
  'a delay': (stage, actors, value) => message(actors, stage, { DelaySeconds: value }),
  entries: (stage, actors, value) =>
    send(actors, stage, 'SendMessageBatchCommand', { QueueUrl: actors.queueUrl, Entries: value }),
  'an entry': (stage, actors, value) =>
    send(actors, stage, 'SendMessageBatchCommand', {
      QueueUrl: actors.queueUrl,
      Entries: [{ Id: 'a', MessageBody: 'x' }, value],
    }),
  'attributes of an entry': (stage, actors, value) =>
    send(actors, stage, 'SendMessageBatchCommand', {
      QueueUrl: actors.queueUrl,
      Entries: [{ Id: 'a', MessageBody: 'x', MessageAttributes: notHuge(value) }],
    }),
  'what to receive': (stage, actors, value) => send(actors, stage, 'ReceiveMessageCommand', value),
  'a queue to receive from': (stage, actors, value) =>
    send(actors, stage, 'ReceiveMessageCommand', { QueueUrl: value }),
  'names of attributes to receive': (stage, actors, value) =>
    send(actors, stage, 'ReceiveMessageCommand', {
      QueueUrl: `${actors.queueUrl}-no`,
      MessageAttributeNames: value,
      MessageSystemAttributeNames: value,
    }),
  'what to delete': (stage, actors, value) => send(actors, stage, 'DeleteMessageCommand', value),
  'a receipt to delete': (stage, actors, value) =>
    send(actors, stage, 'DeleteMessageCommand', { QueueUrl: actors.queueUrl, ReceiptHandle: value }),
  'entries to delete': (stage, actors, value) =>
    send(actors, stage, 'DeleteMessageBatchCommand', { QueueUrl: actors.queueUrl, Entries: value }),
  'an entry to delete': (stage, actors, value) =>
    send(actors, stage, 'DeleteMessageBatchCommand', { QueueUrl: actors.queueUrl, Entries: [value] }),
  'a receipt to change': (stage, actors, value) =>
    send(actors, stage, 'ChangeMessageVisibilityCommand', {
      QueueUrl: actors.queueUrl,
      ReceiptHandle: value,
      VisibilityTimeout: 1,
    }),
  'entries to change': (stage, actors, value) =>
    send(actors, stage, 'ChangeMessageVisibilityBatchCommand', { QueueUrl: actors.queueUrl, Entries: value }),
  'a move': (stage, actors, value) => send(actors, stage, 'StartMessageMoveTaskCommand', { SourceArn: value }),
  'a message whose promise nobody looks at': (stage, { client, queueUrl }, value) =>
    stage.abandon(
      'SQSClient.send',
      client,
      new sdk.SendMessageCommand({ QueueUrl: queueUrl, MessageBody: value as string }),
    ),
});

const headers: Row<Actors>[] = Object.entries(headerTables).map(([name, make]) => ({
  name,
  async play(stage, actors) {
    const MessageAttributes = table(make());
    await message(actors, stage, { MessageAttributes });
    await message(actors, stage, Object.freeze({ MessageAttributes: Object.freeze(MessageAttributes) }));
  },
}));

class MyClient extends sdk.SQSClient {
  override send(command: any, ...rest: any[]): any {
    return (super.send as any)(command, ...rest);
  }
}
class MyCommand extends sdk.SendMessageCommand {}

const ordinary = rows<Actors>({
  'a callback': (stage, { client, queueUrl }) =>
    stage.callback('SQSClient.send', client, new sdk.SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'x' })),
  'a callback that throws': (stage, { client, queueUrl }) =>
    new Promise(resolve => {
      const command = new sdk.SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'x' });
      stage.start('SQSClient.send', client, command, () => {
        setImmediate(resolve);
        throw new RangeError('in a callback');
      });
    }),
  'a callback for an error': (stage, { client, queueUrl }) =>
    stage.callback(
      'SQSClient.send',
      client,
      new sdk.SendMessageCommand({ QueueUrl: `${queueUrl}-no`, MessageBody: 'x' }),
    ),
  'a command that is sent twice': async (stage, { client, queueUrl }) => {
    const command = Object.freeze(new sdk.SendMessageCommand(Object.freeze({ QueueUrl: queueUrl, MessageBody: 'x' })));
    await stage.call('SQSClient.send', client, command);
    await stage.call('SQSClient.send', client, command);
  },
  'subclasses of client and command': (stage, { address, queueUrl }) =>
    stage.call(
      'SQSClient.send',
      new MyClient(configuration(address)),
      new MyCommand({ QueueUrl: queueUrl, MessageBody: 'x', MessageAttributes: table({ tenant: 'a' }) }),
    ),
  'a client that somebody has patched': async (stage, { address, queueUrl }) => {
    const client = stage.make('new SQSClient', sdk.SQSClient, configuration(address));
    const send = client.send;
    client.send = function (...args: unknown[]) {
      stage.note(`patched send of ${valueText(args)}`);
      return send.apply(this, args);
    };
    await stage.call('SQSClient.send', client, new sdk.SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'x' }));
    stage.start('SQSClient.destroy', client);
  },
  'ten attributes': (stage, actors) =>
    message(actors, stage, {
      MessageAttributes: table(Object.fromEntries([...'abcdefghij'].map(name => [name, name]))),
    }),
  'a body of 1 MiB': (stage, actors) => message(actors, stage, { MessageBody: 'x'.repeat(1_048_576) }),
  'messages are received, changed and deleted': async (stage, actors) => {
    const { sqs } = actors;
    const { QueueUrl } = await sqs.createQueue({ QueueName: 'received', Attributes: { VisibilityTimeout: '0' } });
    await message(actors, stage, { QueueUrl, MessageAttributes: table({ tenant: 'a' }) });
    await message(actors, stage, { QueueUrl });
    for (const more of [{}, { MessageAttributeNames: ['tenant'], MessageSystemAttributeNames: ['All'] }]) {
      const input = { QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 0, ...more };
      await send(actors, stage, 'ReceiveMessageCommand', input);
    }
    const { Messages = [] } = await stage.call('SQS.receiveMessage', sqs, { QueueUrl, MaxNumberOfMessages: 10 });
    for (const one of Messages) stage.note(valueText(one));
    stage.note(valueText(Messages.map(({ Body }: sdk.Message) => Body)));
    const entries = Messages.map(({ ReceiptHandle }: sdk.Message, index: number) => ({
      Id: `${index}`,
      ReceiptHandle,
    }));
    const changed = entries.map((entry: object) => ({ ...entry, VisibilityTimeout: 30 }));
    await send(actors, stage, 'ChangeMessageVisibilityBatchCommand', { QueueUrl, Entries: changed });
    await send(actors, stage, 'ChangeMessageVisibilityCommand', { QueueUrl, ...changed[0] });
    await send(actors, stage, 'DeleteMessageCommand', { QueueUrl, ...entries[0] });
    await send(actors, stage, 'DeleteMessageBatchCommand', { QueueUrl, Entries: entries });
  },
});

export const messageRows = [...hostile, ...headers, ...ordinary];
