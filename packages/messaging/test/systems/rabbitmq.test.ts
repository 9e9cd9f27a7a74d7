import assert from 'node:assert/strict';
import { learnExclusiveQueue, rabbitmq, rabbitmqDestination } from '../../src/systems/rabbitmq';

describe('the name of a RabbitMQ destination', () => {
  const names: [exchange: string, routingKey: string, queue: string, name: string][] = [
    ['', '', '', 'amq.default'],
    ['', 'jobs', '', 'jobs'],
    ['', 'jobs', 'jobs', 'jobs'],
    ['orders', '', '', 'orders'],
    ['orders', 'paid', '', 'orders:paid'],
    ['orders', 'paid', 'shipping', 'orders:paid:shipping'],
    ['orders', '', 'shipping', 'orders:shipping'],
  ];
  for (const [exchange, routingKey, queue, name] of names) {
    it(`is ${name} for exchange "${exchange}", routing key "${routingKey}", queue "${queue}"`, () => {
      assert.equal(rabbitmqDestination(exchange, routingKey, queue).name, name);
    });
  }

  it('is generated where the broker made it', () => {
    assert.equal(rabbitmqDestination('', 'amq.gen-abc').isAnonymous, true);
    assert.equal(rabbitmqDestination('', 'amq.rabbitmq.reply-to').isTemporary, true);
    assert.equal(rabbitmqDestination('amq.topic', 'jobs').isAnonymous, undefined);
  });
});

describe('the template of a RabbitMQ destination', () => {
  it('stands for what was made for one connection', () => {
    assert.equal(rabbitmqDestination('orders', 'paid', 'amq.gen-abc').template, 'orders:paid:{queue}');
    assert.equal(rabbitmqDestination('orders', '', 'amq.gen-abc').template, 'orders:{queue}');
    assert.equal(rabbitmqDestination('orders', 'amq.gen-abc').template, 'orders:{routing_key}');
    assert.equal(rabbitmqDestination('', 'amq.gen-abc').template, undefined);
    assert.equal(rabbitmqDestination('orders', 'paid', 'shipping').template, undefined);
  });

  it('stands for a queue that is known to be exclusive', () => {
    assert.equal(rabbitmqDestination('orders', 'paid', 'my-pod-7').name, 'orders:paid:my-pod-7');
    assert.equal(rabbitmqDestination('orders', 'paid', 'my-pod-7').isTemporary, undefined);
    learnExclusiveQueue('my-pod-7');
    const { name, template, isTemporary, isAnonymous } = rabbitmqDestination('orders', 'paid', 'my-pod-7');
    assert.deepEqual([name, template], ['orders:paid:my-pod-7', 'orders:paid:{queue}']);
    assert.deepEqual([isTemporary, isAnonymous], [true, undefined]);
  });
});

describe('the delivery count of a RabbitMQ message', () => {
  const count = (message: object) => rabbitmq.deliveryCount({ bodySize: 0, ...message });

  it('is known of a first delivery and of a quorum queue, and never guessed', () => {
    assert.equal(count({ redelivered: false }), 1);
    assert.equal(count({ redelivered: true, headers: { 'x-delivery-count': 2 } }), 3);
    assert.equal(count({ redelivered: true }), undefined);
    assert.equal(count({ redelivered: false, headers: { 'x-death': [] } }), undefined);
    assert.equal(count({ redelivered: true, headers: { 'x-delivery-count': -1 } }), undefined);
    assert.equal(count({ redelivered: true, headers: { 'x-delivery-count': 0 } }), undefined);
  });
});

describe('the time at which a RabbitMQ message came into its queue', () => {
  const seconds = 1_700_000_000;
  const death = { queue: 'work', reason: 'rejected', count: 1, time: { '!': 'timestamp', value: seconds } };
  const sentAt = (queue: string, message: object) => rabbitmq.sentAt({ bodySize: 0, queue, ...message });
  const sent = (epochMs: number, more: object = {}) => ({ headers: { 'x-queuetrace-sent-at': epochMs, ...more } });

  it('is when it was sent, by our header before the property', () => {
    assert.equal(sentAt('work', { timestamp: seconds }), seconds * 1000);
    assert.equal(sentAt('work', { timestamp: seconds, ...sent(7) }), 7);
    assert.equal(sentAt('work', { headers: { 'x-queuetrace-sent-at': 'now' } }), undefined);
  });

  it('is when it died, in a queue for dead letters, and not known where it has come back to', () => {
    const dead = sent(seconds * 1000 - 5000, { 'x-death': [death] });
    assert.equal(sentAt('work.dlq', dead), seconds * 1000);
    assert.equal(sentAt('work', dead), undefined);
  });

  it('is when it was sent, where its headers come from a message that had died before', () => {
    assert.equal(sentAt('shipping', sent(seconds * 1000 + 5000, { 'x-death': [death] })), seconds * 1000 + 5000);
  });
});
