import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startAmqpBroker, startKafkaBroker, startSqsServer } from '@queuetrace/embedded-brokers';

const MAIN = join(__dirname, '../src/main.js');

async function connected(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

const refused = (port: number) =>
  new Promise<boolean>(resolve => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(false) ?? socket.destroy());
    socket.once('error', () => resolve(true));
  });

for (const [name, start, address] of [
  ['startKafkaBroker', startKafkaBroker, /^127\.0\.0\.1:\d+$/],
  ['startAmqpBroker', startAmqpBroker, /^amqp:\/\/guest:guest@127\.0\.0\.1:\d+$/],
  ['startSqsServer', startSqsServer, /^http:\/\/127\.0\.0\.1:\d+$/],
] as const) {
  describe(`${name} (embedded only)`, () => {
    it('takes a free port and tells where it is', async () => {
      const brokers = [await start(), await start()];
      assert.notEqual(brokers[0].port, brokers[1].port);
      for (const broker of brokers) {
        assert.match(broker.address, address);
        assert.ok(broker.address.endsWith(`:${broker.port}`));
        await broker.stop();
      }
    });

    it('ends every connection when it is stopped, and may be stopped again', async () => {
      const broker = await start();
      const socket = await connected(broker.port);
      const closed = once(socket, 'close');
      await broker.stop();
      await closed;
      await broker.stop();
      assert.ok(await refused(broker.port));
    });

    it('starts anew on the port it had', async () => {
      const first = await start();
      await first.stop();
      const second = await start({ port: first.port });
      assert.equal(second.port, first.port);
      await second.stop();
    });

    it('starts again where it was', async () => {
      const broker = await start();
      await broker.stop();
      await broker.start();
      (await connected(broker.port)).destroy();
      await broker.stop();
      assert.ok(await refused(broker.port));
    });

    it('fails when the port is taken', async () => {
      const broker = await start();
      await assert.rejects(start({ port: broker.port }), { code: 'EADDRINUSE' });
      await broker.stop();
    });

    it('survives what is not its protocol', async () => {
      const broker = await start();
      const socket = await connected(broker.port);
      const closed = once(socket, 'close');
      socket.resume();
      socket.write('\x00\x00\x00\x10this is no protocol at all\r\n\r\n');
      await closed;
      (await connected(broker.port)).destroy();
      await broker.stop();
    });
  });
}

describe('main.js (embedded only)', () => {
  it('starts the brokers that are named, says what they are, and ends at SIGTERM', async () => {
    const child = spawn(process.execPath, [MAIN, 'kafka', 'amqp', 'sqs=0'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    const lines: string[] = [];
    for await (const line of createInterface(child.stdout)) if (lines.push(line) === 3) break;
    assert.deepEqual(lines.map(line => line.split(':')[0]).sort(), ['amqp', 'kafka', 'sqs']);
    assert.ok(lines.every(line => line.includes('in-memory stand-in')));
    for (const line of lines) (await connected(Number(/:(\d+) /.exec(line)![1]))).destroy();
    child.kill('SIGTERM');
    assert.deepEqual(await exited, [0, null]);
  });

  it('says how to use it when a name is unknown', async () => {
    const child = spawn(process.execPath, [MAIN, 'redis'], { stdio: ['ignore', 'ignore', 'pipe'] });
    const exited = once(child, 'exit');
    const [line] = await once(createInterface(child.stderr), 'line');
    assert.equal(line, 'Not understood: redis');
    assert.deepEqual(await exited, [1, null]);
  });
});
