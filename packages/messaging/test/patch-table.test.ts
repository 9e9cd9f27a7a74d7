import assert from 'node:assert/strict';
import { PatchTable, type Advice } from '../src/patch-table';

class Client {
  send(...args: unknown[]): unknown {
    return ['sent', ...args];
  }
}

describe('the patch table', () => {
  let target: { send: (...args: unknown[]) => unknown };
  let table: PatchTable;
  const told: unknown[] = [];
  const advice: Advice = (call, args) => {
    told.push(args);
    return call();
  };

  beforeEach(() => {
    target = { send: (...args) => ['sent', ...args] };
    table = new PatchTable({});
    table.switchOn();
    told.length = 0;
  });

  it('gives back what the library gave, and the arguments to the advice', () => {
    table.patch({ target, methods: { send: advice } });
    assert.deepEqual(target.send(1, 2), ['sent', 1, 2]);
    assert.deepEqual(told, [[1, 2]]);
  });

  it('passes by an advice that has nothing to do with whose method it is', () => {
    const other = { send: target.send };
    const concerned: Advice = Object.assign(advice.bind(undefined), { concerns: (self: unknown) => self === target });
    for (const one of [target, other]) table.patch({ target: one, methods: { send: concerned } });
    target.send(1);
    assert.deepEqual(other.send(2), ['sent', 2]);
    assert.deepEqual(told, [[1]]);
  });

  it('patches a method once, however often it is told to', () => {
    table.patch({ target, methods: { send: advice } });
    table.patch({ target, methods: { send: advice } });
    target.send();
    assert.equal(told.length, 1);
  });

  it('leaves out methods that are not there', () => {
    table.patch({ target, methods: { receive: advice } });
    assert.equal('receive' in target, false);
  });

  it('restores the very function that was there', () => {
    const original = target.send;
    table.patch({ target, methods: { send: advice } });
    table.unpatchAll();
    assert.equal(target.send, original);
  });

  it('restores an inherited method by taking its own away', () => {
    const client = new Client();
    table.patch({ target: client, methods: { send: advice } });
    table.unpatchAll();
    assert.equal(Object.hasOwn(client, 'send'), false);
    assert.deepEqual(client.send(1), ['sent', 1]);
  });

  it('becomes a pass-through under a wrapper that came later, and works again when switched on', () => {
    table.patch({ target, methods: { send: advice } });
    const ours = target.send;
    const theirs: unknown[] = [];
    target.send = (...args) => {
      theirs.push(args);
      return ours(...args);
    };
    table.unpatchAll();
    assert.deepEqual(target.send(1), ['sent', 1]);
    assert.equal(told.length, 0);
    table.switchOn();
    table.patch({ target, methods: { send: advice } });
    target.send(2);
    assert.deepEqual([told.length, theirs.length], [1, 2]);
  });

  it('carries none of the marks by which shimmer would take our wrapper for its own', () => {
    Object.assign(target.send, { __original: 1, __unwrap: 1, __wrapped: true, label: 'kept' });
    table.patch({ target, methods: { send: advice } });
    const wrapper = target.send as typeof target.send & { label?: string };
    assert.deepEqual(
      ['__original', '__unwrap', '__wrapped'].filter(mark => mark in wrapper),
      [],
    );
    assert.equal(wrapper.label, 'kept');
  });

  it("keeps the function's name and length", () => {
    const { name, length } = Client.prototype.send;
    const client = new Client();
    table.patch({ target: client, methods: { send: advice } });
    assert.deepEqual([client.send.name, client.send.length], [name, length]);
  });

  it('calls the original when the advice throws before it has', () => {
    const broken: Advice = () => {
      throw new Error('ours');
    };
    table.patch({ target, methods: { send: broken } });
    assert.deepEqual(target.send(1), ['sent', 1]);
  });

  it('calls the original once when the advice throws after it has', () => {
    let calls = 0;
    target.send = () => ++calls;
    const broken: Advice = call => {
      call();
      throw new Error('ours');
    };
    table.patch({ target, methods: { send: broken } });
    assert.equal(target.send(), 1);
    assert.equal(calls, 1);
  });

  it("lets the library's own error through as the same object", () => {
    const error = new Error('theirs');
    target.send = () => {
      throw error;
    };
    table.patch({ target, methods: { send: advice } });
    assert.throws(
      () => target.send(),
      thrown => thrown === error,
    );
  });

  it('keeps no object whose methods it patched as an instance, and its wrappers follow the switch', () => {
    table.patchInstance({ target, methods: { send: advice } });
    table.unpatchAll();
    target.send();
    assert.equal(told.length, 0);
    table.switchOn();
    target.send();
    assert.equal(told.length, 1);
  });

  it('leaves a frozen object alone', () => {
    const frozen = Object.freeze({ send: () => 'sent' });
    table.patch({ target: frozen, methods: { send: advice } });
    assert.equal(frozen.send(), 'sent');
  });

  describe('finds others on the same method', () => {
    const wrappedByOther = (inner: (...args: unknown[]) => unknown) =>
      Object.assign((...args: unknown[]) => inner(...args), { __wrapped: true });

    it('none where there is none', () => {
      table.patch({ target, methods: { send: advice } });
      assert.equal(table.findOther(), undefined);
    });

    it('outside of our wrapper', () => {
      table.patch({ target, methods: { send: advice } });
      target.send = wrappedByOther(target.send);
      assert.equal(table.findOther(), 'another instrumentation');
    });

    it('inside of our wrapper', () => {
      target.send = wrappedByOther(target.send);
      table.patch({ target, methods: { send: advice } });
      assert.equal(table.findOther(), 'another instrumentation');
    });

    it('on the class that it is inherited from', () => {
      const base = { send: wrappedByOther(target.send) };
      table.patch({ target: Object.create(base) as object, methods: { send: advice } });
      assert.equal(table.findOther(), 'another instrumentation');
    });

    it('of ours, while that one is on', () => {
      const first = new PatchTable({});
      first.switchOn();
      first.patch({ target, methods: { send: advice } });
      table.patch({ target, methods: { send: advice } });
      assert.equal(table.findOther(), 'another queuetrace');
      first.unpatchAll();
      assert.equal(table.findOther(), undefined);
    });

    it('not in what we have patched twice ourselves', () => {
      const base = { send: target.send };
      table.patch({ target: base, methods: { send: advice } });
      table.patch({ target: Object.create(base) as object, methods: { send: advice } });
      assert.equal(table.findOther(), undefined);
    });
  });
});
