import * as sdk from '@aws-sdk/client-sqs';
import type { Stage } from '../../stage';

/* eslint-disable @typescript-eslint/no-explicit-any -- anything is sent here. */

export interface Actors {
  client: sdk.SQSClient;
  sqs: sdk.SQS;
  address: string;
  queueUrl: string;
}

export const configuration = (endpoint: string) => ({
  endpoint,
  region: 'eu-central-1',
  credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
  maxAttempts: 1,
});

export async function start(address: string): Promise<Actors> {
  const sqs = new sdk.SQS(configuration(address));
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'orders' });
  return { client: new sdk.SQSClient(configuration(address)), sqs, address, queueUrl: QueueUrl! };
}

export function stop({ client, sqs }: Actors): void {
  client.destroy();
  sqs.destroy();
}

export type Command = Exclude<keyof typeof sdk & `${string}Command`, '$Command'>;

/** The method of `SQS` that is a command. */
export const methodOf = (name: Command) => name.charAt(0).toLowerCase() + name.slice(1, -'Command'.length);

/** By a command, and by the method of the same name. */
export async function send({ client, sqs }: Actors, stage: Stage, name: Command, input: any, ...rest: unknown[]) {
  const command = stage.make(`new ${name}`, sdk[name], input);
  if (command) await stage.call('SQSClient.send', client, command, ...rest);
  await stage.call(`SQS.${methodOf(name)}`, sqs, input, ...rest);
}

export const text = (StringValue: any) => ({ DataType: 'String', StringValue });

export const table = (given: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(given).map(([name, value]) => [name, text(value)]));
