import {
  MessagingInstrumentation,
  sns,
  sqs,
  SqsReceivedMessages,
  type Call,
  type ClientFile,
  type ClientModule,
  type MessagingConfig,
  type SqsMessage,
} from '@queuetrace/messaging';
import { known, type SdkClient } from './client';
import { commandsOf, learnCommands, meaningOf, type Meaning, type Telling } from './commands';
import { Request, type SendArgs } from './request';
import { patchesOfConsumer } from './sqs-consumer';
import { VERSION } from './version';

const SQS = { name: 'sqs', system: sqs };

const MAIN = 'dist-cjs/index.js';

/** Nothing is patched in them; but in a bundle that is minified only these files know what their classes are called. */
const commands: ClientFile = exports => {
  learnCommands(exports as object);
  return [];
};

const commandFiles = (service: Meaning['service']): Record<string, ClientFile> =>
  Object.fromEntries(commandsOf(service).map(name => [`dist-es/commands/${name}.js`, commands]));

/** Traces @aws-sdk/client-sqs, by commands and by the methods of `SQS`: sends, receives, processing and settlements. */
export class SqsInstrumentation extends MessagingInstrumentation<SqsMessage> {
  declare private _tellingOf?: Telling;

  constructor(config?: MessagingConfig) {
    super('@queuetrace/instrumentation-aws-sdk-client-sqs', VERSION, config);
  }

  protected get client() {
    return SQS;
  }

  /**
   * An own `send` of SQSClient, wherever it is inherited from; and the homes that the class which it is inherited from
   * has had, since the main file of a package that is imported from ESM is not seen. What is in `dist-es` is only in bundles.
   */
  modules(): ClientModule[] {
    const sqsClient = (exports: { SQSClient?: { prototype: object } }) => this._sendOf(exports.SQSClient);
    const anyClient = (exports: { Client?: { prototype: object } }) => this._sendOf(exports.Client);
    const homes = { [MAIN]: anyClient, 'dist-cjs/client.js': anyClient, 'dist-es/client.js': anyClient };
    const client = 'submodules/client';
    return [
      {
        name: '@aws-sdk/client-sqs',
        versions: ['>=3.300.0 <4'],
        main: MAIN,
        bundleMark: /com[.]amazonaws[.]sqs/,
        files: {
          [MAIN]: exports => [...commands(exports), ...sqsClient(exports)],
          'dist-cjs/SQSClient.js': sqsClient,
          'dist-es/SQSClient.js': sqsClient,
          ...commandFiles('sqs'),
        },
      },
      {
        name: '@aws-sdk/client-sns',
        versions: ['>=3.300.0 <4'],
        main: MAIN,
        files: { [MAIN]: commands, ...commandFiles('sns') },
      },
      {
        name: '@smithy/core',
        versions: ['>=2'],
        files: {
          [`dist-cjs/${client}/index.js`]: anyClient,
          [`dist-es/${client}/smithy-client/client.js`]: anyClient,
        },
      },
      { name: '@smithy/smithy-client', versions: ['>=1'], main: MAIN, files: homes },
      { name: '@aws-sdk/smithy-client', versions: ['>=3.296.0 <4'], main: MAIN, files: homes },
      this._sqsConsumer(),
    ];
  }

  private _sqsConsumer(): ClientModule {
    const consumer = (exports: { Consumer?: { prototype: object } }) =>
      patchesOfConsumer(() => this._telling().received, exports.Consumer);
    const main = 'dist/cjs/index.js';
    return {
      name: 'sqs-consumer',
      versions: ['>=6 <16'],
      main,
      files: { [main]: consumer, 'dist/index.js': consumer, 'dist/esm/consumer.js': consumer },
    };
  }

  private _sendOf(type: { prototype: object } | undefined) {
    return type ? [{ target: type.prototype, methods: { send: this._send } }] : [];
  }

  private _send(call: Call, args: SendArgs, client: SdkClient) {
    const command = args[0];
    if (Request.isOurs(command)) return call();
    const meaning = meaningOf(command);
    if (!meaning || !isOf(client, meaning.service)) return call();
    if (typeof command.input !== 'object' || command.input === null) return call();
    return meaning.tell(this._telling(), new Request(call, args, known(client)));
  }

  private _telling(): Telling {
    const { telemetry } = this;
    return (this._tellingOf ??= {
      telemetry,
      received: new SqsReceivedMessages(telemetry),
      telemetryOfSns: () => this.telemetryOf(sns),
    });
  }
}

/** The base class is that of every AWS client. Old versions write the name in lower case. */
function isOf({ config }: SdkClient, service: string): boolean {
  return String(config?.serviceId).toLowerCase() === service;
}
