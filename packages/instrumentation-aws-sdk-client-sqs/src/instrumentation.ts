import {
  MessagingInstrumentation,
  sns,
  sqs,
  type Call,
  type ClientFile,
  type ClientModule,
  type MessagingConfig,
  type MessagingTelemetry,
  type SnsMessage,
  type SqsMessage,
} from '@queuetrace/messaging';
import { receiveMessage } from './receive';
import { MAX_MESSAGES, ReceivedMessages } from './received-messages';
import { commandName, learnCommands, Request, type Client, type SendArgs } from './request';
import { sendMessage, sendMessageBatch } from './send';
import { settle, startMove } from './settle';
import { publish, publishBatch } from './sns';
import { patchesOfConsumer } from './sqs-consumer';
import { VERSION } from './version';

const SQS = { name: 'sqs', system: sqs };

type Telemetry = MessagingTelemetry<SqsMessage>;
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each operation has an input of its own.
type Tell = (telemetry: Telemetry, request: Request<any>, received: ReceivedMessages) => unknown;

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above.
type TellSns = (telemetry: MessagingTelemetry<SnsMessage>, request: Request<any>) => unknown;

/** What the commands of SQS mean, by their names in the API. */
const OPERATIONS = new Map<string | undefined, Tell>([
  ['SendMessage', sendMessage],
  ['SendMessageBatch', sendMessageBatch],
  ['ReceiveMessage', receiveMessage],
  ['DeleteMessage', (...given) => settle('delete', false, ...given)],
  ['DeleteMessageBatch', (...given) => settle('delete', true, ...given)],
  ['ChangeMessageVisibility', (...given) => settle('change visibility', false, ...given)],
  ['ChangeMessageVisibilityBatch', (...given) => settle('change visibility', true, ...given)],
  ['StartMessageMoveTask', startMove],
]);

/** The same for SNS, whose topics stand in front of queues. */
const SNS_OPERATIONS = new Map<string | undefined, TellSns>([
  ['Publish', publish],
  ['PublishBatch', publishBatch],
]);

const MAIN = 'dist-cjs/index.js';

/** Nothing is patched in them; but in a bundle that is minified only these files know what their classes are called. */
const commands: ClientFile = exports => {
  learnCommands(exports as object);
  return [];
};

function commandFiles(operations: ReadonlyMap<string | undefined, unknown>): Record<string, ClientFile> {
  return Object.fromEntries([...operations.keys()].map(name => [`dist-es/commands/${name}Command.js`, commands]));
}

/** Traces @aws-sdk/client-sqs, by commands and by the methods of `SQS`: sends, receives, processing and settlements. */
export class SqsInstrumentation extends MessagingInstrumentation<SqsMessage> {
  declare private _received?: ReceivedMessages;

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
          ...commandFiles(OPERATIONS),
        },
      },
      {
        name: '@aws-sdk/client-sns',
        versions: ['>=3.300.0 <4'],
        main: MAIN,
        files: { [MAIN]: commands, ...commandFiles(SNS_OPERATIONS) },
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
      patchesOfConsumer(() => this.telemetry, exports.Consumer);
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

  private _send(call: Call, args: SendArgs, client: Client) {
    const [command] = args;
    if (Request.isOurs(command)) return call();
    const service = serviceOf(client);
    const tell = service === 'sqs' ? OPERATIONS.get(commandName(command)) : undefined;
    const tellSns = service === 'sns' ? SNS_OPERATIONS.get(commandName(command)) : undefined;
    if (!(tell ?? tellSns) || typeof command.input !== 'object' || command.input === null) return call();
    const request = new Request(call, args, client);
    if (tellSns) return tellSns(this.telemetryOf(sns), request);
    this._received ??= new ReceivedMessages(
      this.telemetry.remember('received_messages', MAX_MESSAGES),
      () => this.telemetry.config.processTimeoutMs,
    );
    return tell?.(this.telemetry, request, this._received);
  }
}

/** The base class is that of every AWS client. Old versions write the name in lower case. */
function serviceOf({ config }: Client): string {
  return String(config?.serviceId).toLowerCase();
}
