import * as sdk from '@aws-sdk/client-sqs';
import type { Row, Stage } from '../../stage';
import { valueText } from '../../value-text';
import { methodOf, type Actors, type Command } from './actors';

/** What each command is sent with; those of messages have rows of their own too. */
const inputs = (QueueUrl: string): Record<Command, object> => ({
  CreateQueueCommand: { QueueName: 'other' },
  GetQueueUrlCommand: { QueueName: 'orders' },
  GetQueueAttributesCommand: { QueueUrl, AttributeNames: ['All'] },
  SetQueueAttributesCommand: { QueueUrl, Attributes: { VisibilityTimeout: '1' } },
  ListQueuesCommand: {},
  ListDeadLetterSourceQueuesCommand: { QueueUrl },
  ListQueueTagsCommand: { QueueUrl },
  TagQueueCommand: { QueueUrl, Tags: { a: 'b' } },
  UntagQueueCommand: { QueueUrl, TagKeys: ['a'] },
  AddPermissionCommand: { QueueUrl, Label: 'l', AWSAccountIds: ['1'], Actions: ['*'] },
  RemovePermissionCommand: { QueueUrl, Label: 'l' },
  StartMessageMoveTaskCommand: { SourceArn: 'arn:aws:sqs:eu-central-1:000000000000:orders' },
  ListMessageMoveTasksCommand: { SourceArn: 'arn:aws:sqs:eu-central-1:000000000000:orders' },
  CancelMessageMoveTaskCommand: { TaskHandle: 'none' },
  SendMessageCommand: { QueueUrl, MessageBody: 'x' },
  SendMessageBatchCommand: { QueueUrl, Entries: [{ Id: 'a', MessageBody: 'x' }] },
  ReceiveMessageCommand: { QueueUrl: `${QueueUrl}-no` },
  DeleteMessageCommand: { QueueUrl, ReceiptHandle: 'none' },
  DeleteMessageBatchCommand: { QueueUrl, Entries: [{ Id: 'a', ReceiptHandle: 'none' }] },
  ChangeMessageVisibilityCommand: { QueueUrl, ReceiptHandle: 'none', VisibilityTimeout: 1 },
  ChangeMessageVisibilityBatchCommand: { QueueUrl, Entries: [] },
  PurgeQueueCommand: { QueueUrl },
  DeleteQueueCommand: { QueueUrl: `${QueueUrl}-no` },
});

const context = {
  middlewareFn: () => [],
  clientName: 'SQSClient',
  commandName: 'mine',
  inputFilterSensitiveLog: (value: unknown) => value,
  outputFilterSensitiveLog: (value: unknown) => value,
  smithyContext: {},
  additionalContext: {},
};

async function useCommand(stage: Stage, { client, sqs }: Actors, name: Command): Promise<void> {
  // In the other queue some messages are delayed, which are counted.
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'commands' });
  const input = inputs(QueueUrl!)[name];
  const type = sdk[name] as typeof sdk.SendMessageCommand;
  const make = (): sdk.SendMessageCommand => stage.make(`new ${name}`, type, input);
  await stage.call('SQSClient.send', client, make());
  await stage.callback('SQSClient.send', client, make(), {});
  await stage.call('SQS.send', sqs, make());
  await stage.callback(`SQS.${methodOf(name)}`, sqs, input);
  stage.start(`${name}.getEndpointParameterInstructions`, type);
  // The insides of the client are nobody's business.
  const { middlewareStack, config } = client as any; // eslint-disable-line @typescript-eslint/no-explicit-any
  const command = make();
  const handle = stage.apply(`${name}.resolveMiddleware`, () => command.resolveMiddleware(middlewareStack, config, {}));
  await handle({ input }).then(
    ({ output }: { output: unknown }) => stage.note(`handled ${valueText(output)}`),
    (error: unknown) => stage.note(`not handled ${valueText(error)}`),
  );
  stage.apply(`${name}.resolveMiddlewareWithContext`, () =>
    make().resolveMiddlewareWithContext(middlewareStack, config, {}, { ...context, CommandCtor: type }),
  );
}

export const commandRows: Row<Actors>[] = (Object.keys(inputs('')) as Command[]).map(name => ({
  name,
  play: (stage, actors) => useCommand(stage, actors, name),
}));
