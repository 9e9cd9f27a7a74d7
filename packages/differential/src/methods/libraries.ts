import { findPackageJSON } from 'node:module';
import path from 'node:path';
import { publicMethods, type Declarations } from './public-methods';

/** The type declarations of each client: their package, and the file where they begin. */
const entries: Readonly<Record<string, readonly [packageName: string, file: string]>> = {
  kafkajs: ['kafkajs', 'types/index.d.ts'],
  amqplib: ['amqplib', 'index.d.ts'],
  'amqplib/callback_api': ['amqplib', 'callback_api.d.ts'],
  'amqp-connection-manager': ['amqp-connection-manager', 'dist/types/index.d.ts'],
  rascal: ['@types/rascal', 'index.d.ts'],
  'client-sqs': ['@aws-sdk/client-sqs', 'dist-types/index.d.ts'],
  'sqs-consumer': ['sqs-consumer', 'dist/cjs/index.d.ts'],
};

/** The public methods of each client, by its type declarations. */
export const methodsOfClients = (): Record<string, string[]> =>
  publicMethods(
    Object.fromEntries(Object.entries(entries).map(([client, entry]) => [client, declarationsOf(...entry)])),
  );

function declarationsOf(packageName: string, file: string): Declarations {
  const folder = path.dirname(findPackageJSON(packageName, __filename)!);
  return { entry: path.join(folder, file), folder };
}
