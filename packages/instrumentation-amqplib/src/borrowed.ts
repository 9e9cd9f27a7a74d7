import { bindContext, type Advice, type ClientFile, type Patch } from '@queuetrace/messaging';

/* rascal hands out channels one after the other, and publishes on each in the context of who was waiting first. */

type Borrow = (error: unknown, channel: unknown) => void;
type Created = (error: unknown, vhost?: object) => void;

/** `lib/amqp/Vhost.js`: what it creates is given to the callback, its last argument. */
export function vhostPatches(patchInstance: (patch: Patch) => void): ClientFile {
  const borrow: Advice = (call, [next, ...rest]: [Borrow]) =>
    call([typeof next === 'function' ? bindContext(next) : next, ...rest]);
  const methods = { borrowChannel: borrow, borrowConfirmChannel: borrow };
  const create: Advice = (call, args: unknown[]) => {
    const created = args.at(-1) as Created;
    if (typeof created !== 'function') return call();
    const patched: Created = (error, vhost) => {
      if (vhost) patchInstance({ target: vhost, methods });
      created(error, vhost);
    };
    return call([...args.slice(0, -1), patched]);
  };
  return (exports: object) => [{ target: exports, methods: { create } }];
}
