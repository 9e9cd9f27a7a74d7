import assert from 'node:assert/strict';
import { rabbitmq, rabbitmqDestination } from '../../src/systems/rabbitmq';

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

describe('the delivery count of a RabbitMQ message', () => {
  const count = (message: object) => rabbitmq.deliveryCount({ bodySize: 0, ...message });

  it('is known of a first delivery and of a quorum queue, and never guessed', () => {
    assert.equal(count({ redelivered: false }), 1);
    assert.equal(count({ redelivered: true, headers: { 'x-delivery-count': 2 } }), 3);
    assert.equal(count({ redelivered: true }), undefined);
    assert.equal(count({ redelivered: false, headers: { 'x-death': [] } }), undefined);
    assert.equal(count({ redelivered: true, headers: { 'x-delivery-count': -1 } }), undefined);
  });
});
