import * as sdk from '@aws-sdk/client-sqs';
import type { Row, Stage } from '../../stage';
import { valueText } from '../../value-text';
import { rows } from '../hostile-rows';
import { configuration, type Actors } from './actors';

/* eslint-disable @typescript-eslint/no-explicit-any -- the insides of a client. */

const exceptions: Row<Actors>[] = Object.entries(sdk)
  .filter(([, type]) => type === sdk.SQSServiceException || (type as any).prototype instanceof sdk.SQSServiceException)
  .map(([name, type]) => ({
    name: `new ${name}`,
    play: (stage: Stage) => {
      const error = stage.make(`new ${name}`, type, { name, message: 'broken', $fault: 'client', $metadata: {} });
      stage.make(`new ${name}`, type);
      for (const value of [error, new Error('broken'), {}, null]) stage.start(`${name}.isInstance`, type, value);
    },
  }));

/** Functions of a client's resolved configuration. */
const configured: readonly [method: string, ...args: unknown[]][] = [
  ['urlParser', 'http://127.0.0.1/path?a=b'],
  ['bodyLengthChecker', 'äöü'],
  ['base64Decoder', 'eA=='],
  ['base64Encoder', 'x'],
  ['utf8Decoder', 'ä'],
  ['utf8Encoder', new Uint8Array([120])],
  ['useDualstackEndpoint'],
  ['useFipsEndpoint'],
  ['region'],
  ['maxAttempts'],
  ['userAgentAppId'],
  ['endpoint'],
  ['serviceConfiguredEndpoint'],
  ['authSchemePreference'],
  ['httpAuthSchemeProvider', { operation: 'SendMessage', region: 'eu-central-1' }],
  ['credentials'],
  ['disableClockSkewCorrection'],
  ['endpointProvider', { Region: 'eu-central-1', UseFIPS: false, UseDualStack: false }],
  ['defaultUserAgentProvider'],
  ['credentialDefaultProvider'],
];

/** What an extension may do: each setter, and what it has set. */
const extended: readonly [method: string, ...args: unknown[]][] = [
  ['setRegion', 'eu-north-1'],
  ['region'],
  ['addChecksumAlgorithm', { algorithmId: () => 'none', checksumConstructor: () => class {} }],
  ['checksumAlgorithms'],
  ['httpHandler'],
  ['updateHttpClientConfig', 'requestTimeout', 60_000],
  ['httpHandlerConfigs'],
  ['setHttpAuthScheme', { schemeId: 'mine' }],
  ['httpAuthSchemes'],
  ['setCredentials', { accessKeyId: 'other', secretAccessKey: 'other' }],
  ['credentials'],
];

const ordinary = rows<Actors>({
  'the configuration of a client': async (stage, { client }) => {
    const { config } = client as any;
    for (const [method, ...args] of configured) await stage.call(`SQSClientResolvedConfig.${method}`, config, ...args);
    stage.make('new SQSClientResolvedConfig.sha256', config.sha256);
    const stream = new Blob(['x']).stream();
    await stage.apply('SQSClientResolvedConfig.streamCollector', () => config.streamCollector(stream));
    for (const method of ['retryStrategy', 'signer']) {
      const made = await stage.apply(`SQSClientResolvedConfig.${method}`, () => void config[method]());
      stage.note(typeof made);
    }
  },
  'an extension of a client': async (stage, { address, queueUrl }) => {
    const extension = {
      configure(given: any) {
        for (const [method, ...args] of extended) stage.start(`SQSExtensionConfiguration.${method}`, given, ...args);
        // Their insides are large.
        const apply = (method: string, ...args: unknown[]) =>
          stage.apply(`SQSExtensionConfiguration.${method}`, () => void given[method](...args));
        apply('retryStrategy');
        apply('setRetryStrategy', given.retryStrategy());
        apply('setHttpHandler', given.httpHandler());
        const provider = stage.start('SQSExtensionConfiguration.httpAuthSchemeProvider', given);
        stage.apply('SQSHttpAuthSchemeProvider', provider, { operation: 'SendMessage', region: 'eu-central-1' });
        stage.start('SQSExtensionConfiguration.setHttpAuthSchemeProvider', given, provider);
      },
    };
    const client = stage.make('new SQSClient', sdk.SQSClient, { ...configuration(address), extensions: [extension] });
    await stage.call('SQSClient.send', client, new sdk.SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'x' }));
    stage.start('SQSClient.destroy', client);
  },
  'clients, and after they are destroyed': async (stage, { address, queueUrl }) => {
    const sqs = stage.make('new SQS', sdk.SQS, configuration(address));
    stage.start('SQS.destroy', sqs);
    await stage.call('SQS.sendMessage', sqs, { QueueUrl: queueUrl, MessageBody: 'x' });
    stage.start('SQS.destroy', sqs);
    stage.make('new SQS', sdk.SQS, null);
    stage.make('new SQSClient', sdk.SQSClient, 7);
    stage.make('new __Client', sdk.__Client, { requestHandler: {} } as any);
    stage.start('$Command.classBuilder', sdk.$Command);
  },
  pages: async (stage, { sqs, client, queueUrl: QueueUrl }) => {
    const page = { client, pageSize: 1 };
    const pages = [
      stage.apply('paginateListQueues', () => sdk.paginateListQueues(page, {})),
      stage.apply('paginateListDeadLetterSourceQueues', () =>
        sdk.paginateListDeadLetterSourceQueues(page, { QueueUrl }),
      ),
      stage.start('SQS.paginateListQueues', sqs, {}, { pageSize: 1 }),
      stage.start('SQS.paginateListDeadLetterSourceQueues', sqs, { QueueUrl }, { pageSize: 1 }),
    ];
    for (const paginator of pages) for await (const page of paginator) stage.note(valueText(page));
  },
});

export const libraryRows = [...exceptions, ...ordinary];
