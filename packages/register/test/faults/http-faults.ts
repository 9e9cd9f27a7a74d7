import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Door } from './clients';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Stands before an HTTP server, and answers for it where that is to fail. */
export class HttpFaults implements Door {
  private readonly _server = createServer((given, response) => this._handle(given, response));
  private _faults: Answer[] = [];

  constructor(private readonly _target: string) {}

  async start(): Promise<this> {
    await once(this._server.listen(0, '127.0.0.1'), 'listening');
    return this;
  }

  get hostAndPort(): { host: string; port: number } {
    return { host: '127.0.0.1', port: (this._server.address() as AddressInfo).port };
  }

  get address(): string {
    return this.at(this._target);
  }

  at(address: string): string {
    return address.replace(new URL(address).host, `127.0.0.1:${this.hostAndPort.port}`);
  }

  /** The next requests are answered like this; resolves with the last of them. */
  fail(times: number, answer: Answer): Promise<void> {
    return new Promise(resolve => {
      this._faults = Array.from({ length: times }, (_, index) => (given, response) => {
        answer(given, response);
        if (index === times - 1) resolve();
      });
    });
  }

  async stop(): Promise<void> {
    const closed = once(this._server.close(), 'close');
    this._server.closeAllConnections();
    await closed;
  }

  /** As it is without a fault. */
  forward(given: IncomingMessage, onAnswer: (answer: IncomingMessage) => void, onError: () => void): void {
    const { hostname, port } = new URL(this._target);
    const { method, url: path, headers } = given;
    given.pipe(request({ hostname, port, method, path, headers }, onAnswer).on('error', onError));
  }

  private _handle(given: IncomingMessage, response: ServerResponse): void {
    const fault = this._faults.shift();
    if (fault) return fault(given, response);
    this.forward(
      given,
      answer => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      },
      () => response.destroy(),
    );
  }
}
