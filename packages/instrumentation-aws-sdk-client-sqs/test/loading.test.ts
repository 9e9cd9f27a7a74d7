import * as assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SqsInstrumentation } from '@queuetrace/instrumentation-aws-sdk-client-sqs';
import { runApp, telemetry, withBroker } from '@queuetrace/test-utils';
import { withSqs, type Queue } from './sqs';

const apps = path.join(__dirname, '../../test/apps');
const preload = path.join(apps, 'preload.cjs');

/** Older versions, by where the class is that SQSClient inherits its send from; the newest has it in `@smithy/core`. */
const HOMES = {
  '@aws-sdk/smithy-client': { version: 'the oldest version', main: () => require.resolve('client-sqs-oldest') },
  '@smithy/smithy-client': { version: 'one of the middle', main: () => require.resolve('client-sqs-middle') },
};

/** The app in a folder of its own, with an older version of the library where an app has it. */
function folderWith(main: string): string {
  const [from] = main.split(`${path.sep}dist-cjs${path.sep}`);
  const folder = path.join(__dirname, '../versions', path.basename(from));
  if (existsSync(folder)) return folder;
  const filter = (file: string) => !/[\\/]dist-(es|types)$/.test(file);
  cpSync(from, path.join(folder, 'node_modules/@aws-sdk/client-sqs'), { recursive: true, filter });
  for (const file of ['order.cjs', 'order.mjs']) cpSync(path.join(apps, file), path.join(folder, file));
  return folder;
}

/** Each operation of the app once, and its message with what SQS says of it. */
const told = ({ name }: Queue) => [
  `span: send ${name} < nothing, 0 links`,
  `span: receive ${name} < nothing, 1 links`,
  `span: delete ${name} < a parent, 1 links`,
  `span: process ${name} < a parent, 1 links, 1`,
];

interface Base {
  prototype: { send(...args: unknown[]): unknown };
}

describe('where SQS is hooked', () => {
  const broker = withBroker('aws_sqs');
  const [instrumentation] = telemetry.register(new SqsInstrumentation());
  const sqs = withSqs(broker);

  const starts: Record<string, { file: string; nodeArgs?: string[] }> = {
    'a CommonJS app': { file: 'order.cjs', nodeArgs: ['--require', preload] },
    'an ESM app, with no loader': { file: 'order.mjs', nodeArgs: ['--require', preload] },
    'an ESM app, by --import': { file: 'order.mjs', nodeArgs: ['--import', preload] },
    'an app that has loaded the library before us': { file: 'late.cjs' },
  };
  for (const [name, { file, nodeArgs }] of Object.entries(starts)) {
    it(`traces ${name}, each operation once`, async () => {
      const queue = await sqs.queue();
      const args = [broker.address, queue.url];
      const { code, stdout, stderr } = await runApp(path.join(apps, file), { nodeArgs, args });
      assert.equal(code, 0, stderr);
      assert.deepEqual(stdout.trim().split('\n'), told(queue));
    });
  }

  for (const [home, { version, main }] of Object.entries(HOMES)) {
    for (const file of ['order.cjs', 'order.mjs']) {
      const title = `traces an app with ${version}, whose client is at home in ${home}, each operation once: ${file}`;
      it(title, async function () {
        // The oldest speaks the query protocol, in which the embedded server has SNS alone.
        if (broker.embedded && home === '@aws-sdk/smithy-client') {
          console.error(`      NOT TESTED on the embedded server: ${title}`);
          this.skip();
        }
        const folder = folderWith(main());
        const manifest = readFileSync(path.join(folder, 'node_modules/@aws-sdk/client-sqs/package.json'), 'utf8');
        assert.ok(manifest.includes(`"${home}"`));
        const queue = await sqs.queue();
        const { code, stdout, stderr } = await runApp(path.join(folder, file), {
          nodeArgs: ['--require', preload],
          args: [broker.address, queue.url],
        });
        assert.equal(code, 0, stderr);
        assert.deepEqual(stdout.trim().split('\n'), told(queue));
      });
    }
  }

  it('goes through what somebody else patches later, where SQSClient inherits its send from', async () => {
    const base = Object.getPrototypeOf(SQSClient) as Base;
    const original = base.prototype.send;
    let calls = 0;
    base.prototype.send = function (...args) {
      calls++;
      return original.apply(this, args);
    };
    try {
      const queue = await sqs.queue();
      await sqs.client.sendMessage({ QueueUrl: queue.url, MessageBody: 'paid' });
      assert.equal(calls, 1);
      assert.equal(telemetry.spans().length, 1);
    } finally {
      base.prototype.send = original;
    }
  });

  it('leaves no trace of itself when it is switched off', async () => {
    const queue = await sqs.queue();
    instrumentation.disable();
    try {
      assert.ok(!Object.hasOwn(SQSClient.prototype, 'send'));
      await sqs.client.sendMessage({ QueueUrl: queue.url, MessageBody: 'paid' });
    } finally {
      instrumentation.enable();
    }
    assert.deepEqual(telemetry.spans(), []);
    const [message] = await sqs.wire(queue);
    assert.equal(message.MessageAttributes, undefined);
  });

  it('S6: leaves clients of other services alone, so that no phone number of SNS is recorded', async () => {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const client = new SNSClient({ region: 'us-east-1', endpoint: broker.address, credentials, maxAttempts: 1 });
    const publish = new PublishCommand({ PhoneNumber: '+43123456789', Message: 'your code' });
    await client.send(publish).catch(() => {});
    client.destroy();
    assert.deepEqual(telemetry.spans(), []);
    assert.equal(publish.input.MessageAttributes, undefined);
  });
});
