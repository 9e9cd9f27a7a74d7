import assert from 'node:assert/strict';
import { metrics, trace } from '@opentelemetry/api';
import { telemetry } from '@queuetrace/test-utils';
import { resolveConfig } from '../../src/config';
import { MessagingTelemetry } from '../../src/telemetry';
import { rabbitmq, type RabbitMqMessage } from '../../src/systems/rabbitmq';
import { RabbitMqChannels } from '../../src/systems/rabbitmq-channels';
import { ACKED, rabbitmqRefusal } from '../../src/systems/rabbitmq-settlement';

const COUNT = 2000;

describe('what is kept of RabbitMQ channels', () => {
  function start() {
    const told = new MessagingTelemetry<RabbitMqMessage>(rabbitmq, resolveConfig('test'), {
      tracer: () => trace.getTracer('test'),
      logger: () => undefined,
      meter: () => metrics.getMeter('test'),
    });
    const channels = new RabbitMqChannels<object>(told);
    const [one, other] = [{}, {}];
    const deliver = (deliveryTag: number, on = one) =>
      channels.of(on).process(
        {
          name: 'consume',
          destination: { name: 'orders' },
          messages: [{ deliveryTag, queue: 'orders', bodySize: 0 }],
        },
        () => {},
      );
    const publish = (deliveryTag: number, on = one) => {
      const messages = [{ messageId: `m-${deliveryTag}`, replyTo: 'replies', correlationId: 'c', bodySize: 0 }];
      const active = told.startSend({ name: 'publish', destination: { name: 'orders' }, messages });
      channels.of(on).unconfirmed.add(deliveryTag, active);
      channels.of(on).expectReturn(active);
    };
    return { channels, one, other, deliver, publish };
  }

  it('is nothing once all is settled and confirmed, in whichever way and order', () => {
    const { channels, one, deliver, publish } = start();
    for (let tag = 1; tag <= COUNT; tag++) {
      deliver(tag);
      publish(tag);
    }
    const channel = channels.of(one);
    assert.equal(channel.waiting, 3 * COUNT);
    for (let tag = COUNT; tag > COUNT / 2; tag--) channel.settle(ACKED, tag, false, () => {});
    for (let tag = 10; tag <= COUNT / 2; tag += 10) {
      channel.settle(rabbitmqRefusal('nack', false), tag, true, () => {});
      channel.unconfirmed.confirm(tag, true, tag % 20 === 0);
    }
    for (let tag = COUNT; tag > COUNT / 2; tag--) channel.unconfirmed.confirm(tag, false, true);
    assert.equal(channel.waiting, 0);
    assert.equal(telemetry.spans().length, 2 * COUNT);
    channels.closed(one);
    assert.equal(channels.size, 0);
  });

  it('is nothing once a channel has closed, and of others as it was', () => {
    const { channels, one, other, deliver, publish } = start();
    for (let tag = 1; tag <= COUNT; tag++) {
      deliver(tag);
      publish(tag);
    }
    deliver(1, other);
    const channel = channels.of(one);
    channels.closed(one);
    assert.equal(channel.waiting, 0);
    assert.equal(channel.isOpen, false);
    assert.equal(channels.size, 1);
    assert.equal(channels.of(other).waiting, 1);
    assert.ok(telemetry.spans().every(span => span.attributes['error.type'] === 'channel_closed'));
    channels.release();
    assert.equal(channels.size, 0);
    assert.equal(telemetry.spans().length, 2 * COUNT + 1);
  });
});
