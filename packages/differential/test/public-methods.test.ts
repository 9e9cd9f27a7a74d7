import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { publicMethods } from '../src/methods/public-methods';

const DECLARATIONS = `
import { EventEmitter } from 'node:events';
interface Payload { heartbeat(): Promise<void> }
interface IQueue extends EventEmitter { on(event: 'message', listener: (payload: Payload) => void): this; size(): number }
declare class Queue extends EventEmitter implements IQueue { private secret(): void; size(): number }
export interface Options { handler(message: { ack(): void }): void; retry?(): boolean }
export declare class Client {
  static create(options: Options): Client;
  queues(): Promise<IQueue[]>;
  protected hidden(): void;
}
export declare const codecs: { gzip(): { encode(): void } };
export declare abstract class Base { close(): void }
export {};
export type Unused = { never(): void };
`;

describe('public methods', () => {
  it('are what a library exports, gives back and calls the functions of the app with; what the app gives is not', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'declarations-'));
    const entry = path.join(folder, 'index.d.ts');
    writeFileSync(entry, DECLARATIONS);
    assert.deepEqual(publicMethods({ library: { entry, folder } }), {
      library: [
        'Base.close',
        'Client.create',
        'Client.create.ack',
        'Client.queues',

        'Payload.heartbeat',
        'Queue.on',
        'Queue.size',
        'codecs.gzip',
        'codecs.gzip.encode',
        'new Client',
      ],
    });
  });
});
