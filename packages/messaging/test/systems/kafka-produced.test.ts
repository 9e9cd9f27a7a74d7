import assert from 'node:assert/strict';
import { telemetry } from '@queuetrace/test-utils';
import { resolveConfig } from '../../src/config';
import { kafka, type KafkaMessage } from '../../src/systems/kafka';
import { learnAppended, learnProduced } from '../../src/systems/kafka-produced';
import { MessagingTelemetry } from '../../src/telemetry';

describe('the leader that took the messages of a send', () => {
  const A = { address: '10.0.0.1', port: 9092 };
  const B = { address: '10.0.0.2', port: 9092 };

  /** The server of a send of which each leader took some. */
  function serverOf(...leaders: (typeof A)[]): unknown[] {
    const source = {
      tracer: () => telemetry.tracerProvider.getTracer('test'),
      logger: () => undefined,
      meter: () => undefined,
    };
    const messages: KafkaMessage[] = [{ value: 'x' }, { value: 'y' }];
    const operation = { name: 'send', destination: { name: 'orders' }, messages, isBatch: true };
    const active = new MessagingTelemetry(kafka, resolveConfig('test', {}), source).startSend(operation);
    active.follow(
      () => {
        for (const leader of leaders) learnProduced(leader, []);
      },
      () => learnAppended(active, []),
    );
    const { attributes } = telemetry.span('send orders');
    return [attributes['server.address'], attributes['server.port']];
  }

  it('is its server', () => assert.deepEqual(serverOf(A), ['10.0.0.1', 9092]));

  it('is its server also where it is asked again', () => assert.deepEqual(serverOf(A, A), ['10.0.0.1', 9092]));

  it('is not where another one took some too', () => {
    assert.deepEqual(serverOf(A, B), [undefined, undefined]);
  });

  it('is not where it took the first and the last of them', () => {
    assert.deepEqual(serverOf(A, B, A), [undefined, undefined]);
  });
});
