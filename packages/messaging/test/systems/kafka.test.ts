import assert from 'node:assert/strict';
import { kafka, type KafkaMessage } from '../../src/systems/kafka';

const header = (value: KafkaMessage['headers']) => kafka.getter.get({ headers: value }, 'traceparent');
const options = { messageKey: true, bodySize: true };

describe('a Kafka record', () => {
  it('gives a header as text, from a string and from a Buffer', () => {
    assert.equal(header({ traceparent: 'a' }), 'a');
    assert.equal(header({ traceparent: Buffer.from('a') }), 'a');
  });

  it('gives the last of repeated headers', () => {
    assert.equal(header({ traceparent: [Buffer.from('a'), Buffer.from('b')] }), 'b');
  });

  it('gives a header whatever its case, the exact one first', () => {
    assert.equal(header({ Traceparent: 'a' }), 'a');
    assert.equal(header({ Traceparent: 'a', traceparent: 'b' }), 'b');
  });

  it('is injected into in place of a header in another spelling', () => {
    const message: KafkaMessage = {
      headers: { 'x-amzn-trace-id': Buffer.from('old'), Traceparent: 'old', other: 'x' },
    };
    kafka.inject(message, { 'X-Amzn-Trace-Id': 'new', traceparent: 'new' }, undefined, { sqsCarrier: 'attributes' });
    assert.deepEqual(message.headers, { 'X-Amzn-Trace-Id': 'new', traceparent: 'new', other: 'x' });
  });

  it('keeps no trace state of a context that is replaced, as that belongs to its trace', () => {
    const message: KafkaMessage = { headers: { traceparent: Buffer.from('old'), tracestate: Buffer.from('old') } };
    kafka.inject(message, { traceparent: 'new' }, undefined, { sqsCarrier: 'attributes' });
    assert.deepEqual(message.headers, { traceparent: 'new' });
  });

  it('gives nothing for null, a missing header and inherited names', () => {
    assert.equal(header({ traceparent: null }), undefined);
    assert.equal(header(undefined), undefined);
    assert.equal(kafka.getter.get({ headers: {} }, 'constructor'), undefined);
  });

  it('never garbles a binary key', () => {
    assert.equal(kafka.attributes({ key: Buffer.from([0xff, 0xfe, 0, 1]) }, options).kafkaMessageKey, undefined);
    assert.equal(kafka.attributes({ key: Buffer.from([0, 0, 0, 42]) }, options).kafkaMessageKey, undefined);
    assert.equal(kafka.attributes({ key: Buffer.from('naïve\tkey') }, options).kafkaMessageKey, 'naïve\tkey');
    assert.equal(kafka.attributes({ key: '' }, options).kafkaMessageKey, '');
  });

  it('is a tombstone with a null value only', () => {
    const isTombstone = (value: KafkaMessage['value']) => kafka.attributes({ value }, options).kafkaMessageTombstone;
    assert.deepEqual([isTombstone(null), isTombstone(''), isTombstone(undefined)], [true, undefined, undefined]);
  });

  it("is a dead letter by Spring's headers and by Kafka Connect's", () => {
    const spring = {
      'kafka_dlt-original-topic': Buffer.from('orders'),
      'kafka_dlt-exception-fqcn': Buffer.from('java.lang.IllegalStateException'),
      'kafka_dlt-exception-message': Buffer.from('no stock'),
    };
    const connect = { '__connect.errors.topic': 'orders', '__connect.errors.exception.message': 'bad record' };
    assert.deepEqual(told(spring), { originalQueue: 'orders', error: 'java.lang.IllegalStateException: no stock' });
    assert.deepEqual(told(connect), { originalQueue: 'orders', error: 'bad record' });
    assert.equal(told({ other: 'x' }), undefined);
  });

  it('is no dead letter in the topic that it was sent back to', () => {
    assert.equal(told({ 'kafka_dlt-original-topic': 'orders' }, 'orders'), undefined);
    assert.equal(told({ '__connect.errors.topic': 'orders' }, 'orders'), undefined);
  });

  it("tells its attempts in Spring's retry topics, and is a dead letter behind them", () => {
    const headers = {
      'retry_topic-attempts': Buffer.from([0, 0, 0, 3]),
      'kafka_original-topic': Buffer.from('orders'),
      'kafka_exception-message': Buffer.from('no stock'),
    };
    assert.equal(kafka.deliveryCount({ headers }), 3);
    assert.equal(kafka.deliveryCount({ headers: { 'retry_topic-attempts': Buffer.from([2]) } }), 2);
    assert.equal(told(headers, 'orders-retry-1'), undefined);
    assert.deepEqual(told(headers, 'orders-dlt'), { originalQueue: 'orders', error: 'no stock', retryCount: 2 });
  });
});

/** Without what is not known. */
function told(headers: KafkaMessage['headers'], topic = 'orders.dlq') {
  const isRetry = (name: string) => name.includes('-retry');
  const deadLetter = kafka.deadLetter?.(
    { headers },
    { name: topic },
    { isRetryDestination: isRetry, isDeadLetterDestination: () => false },
  );
  return deadLetter && (JSON.parse(JSON.stringify(deadLetter)) as object);
}
