import * as assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { FaultProxy } from '@queuetrace/test-utils';

describe('the fault proxy', () => {
  let echo: Server;
  let proxy: FaultProxy;
  const atBroker: Socket[] = [];
  let clients: Socket[];

  beforeEach(async () => {
    clients = [];
    echo = createServer(socket => {
      atBroker.push(socket);
      socket.on('error', () => {}).pipe(socket);
    }).listen(0, '127.0.0.1');
    await once(echo, 'listening');
    proxy = await new FaultProxy(`127.0.0.1:${(echo.address() as AddressInfo).port}`).start();
  });
  afterEach(async () => {
    clients.forEach(socket => socket.destroy());
    await proxy.stop();
    echo.close();
  });

  async function open(): Promise<Socket> {
    const socket = connect(proxy.hostAndPort);
    clients.push(socket);
    socket.on('error', () => {});
    await once(socket, 'connect');
    return socket;
  }

  async function answered(socket: Socket, text: string): Promise<string> {
    socket.write(text);
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    return String(chunk);
  }

  it('stands in the place of the broker in an address', () => {
    const { port } = proxy.hostAndPort;
    assert.equal(proxy.address, `127.0.0.1:${port}`);
    const url = new FaultProxy('amqp://guest:guest@127.0.0.1:5672/shop').at('amqp://guest:guest@127.0.0.1:5672/shop');
    assert.equal(url, 'amqp://guest:guest@127.0.0.1:0/shop');
  });

  it('lets everything through, fast or slow', async () => {
    const socket = await open();
    assert.equal(await answered(socket, 'a'), 'a');
    proxy.slow(20);
    assert.equal(await answered(socket, 'b'), 'b');
    assert.deepEqual([proxy.count, proxy.opened], [1, 1]);
  });

  it('resets connections on both sides', async () => {
    const socket = await open();
    await answered(socket, 'a');
    const ends = [socket, atBroker.at(-1)!].map(one => once(one, 'error'));
    proxy.reset();
    const errors = (await Promise.all(ends)).map(([error]) => (error as NodeJS.ErrnoException).code);
    assert.deepEqual(errors, ['ECONNRESET', 'ECONNRESET']);
  });

  it('ends connections on both sides', async () => {
    const socket = await open();
    await answered(socket, 'a');
    const ends = [socket, atBroker.at(-1)!].map(one => once(one, 'close'));
    proxy.cut();
    assert.deepEqual(await Promise.all(ends), [[false], [false]]);
  });

  it('leaves a client without its broker and without a word, until it heals', async () => {
    const socket = await open();
    await answered(socket, 'a');
    const gone = once(atBroker.at(-1)!, 'close');
    proxy.halfOpen();
    socket.once('data', () => assert.fail('an answer'));
    socket.write('b');
    const late = await open();
    late.write('c');
    assert.deepEqual([socket.destroyed, late.destroyed, proxy.count], [false, false, 2]);
    const resets = [socket, late].map(one => new Promise(resolve => one.once('close', resolve)));
    await proxy.heal();
    await Promise.all([...resets, gone]);
    assert.equal(await answered(await open(), 'd'), 'd');
  });

  it('refuses connections, and is there again on the same port', async () => {
    await proxy.refuse();
    await assert.rejects(open(), { code: 'ECONNREFUSED' });
    await proxy.heal();
    assert.equal(await answered(await open(), 'a'), 'a');
  });
});
