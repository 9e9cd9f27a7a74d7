import type { Row, Stage } from '../../stage';
import { valueText } from '../../value-text';
import { headerTables, hostileRows } from '../hostile-rows';
import { body, ignore, openChannel, queue, type Actors } from './actors';

/** A request that the library cannot encode blocks all that follow on its channel. */
async function onThrowaway(actors: Actors, stage: Stage, method: string, ...args: unknown[]): Promise<void> {
  stage.start(`Channel.${method}`, await openChannel(actors, 'Channel'), ...args);
}

const publish = ({ channel, confirmChannel }: Actors, stage: Stage, ...args: unknown[]) => {
  stage.start('Channel.publish', channel, ...args);
  if (confirmChannel) stage.start('ConfirmChannel.publish', confirmChannel, ...args);
};

const confirmed = (stage: Stage) => (error: unknown) => stage.note(`confirmed ${valueText(error)}`);

const hostile = hostileRows<Actors>({
  'an exchange': (stage, actors, value) => publish(actors, stage, value, queue, body),
  'a routing key': (stage, actors, value) => publish(actors, stage, '', value, body),
  'a body': (stage, actors, value) => publish(actors, stage, '', 'nowhere', value),
  'options of a publish': (stage, actors, value) => publish(actors, stage, '', 'nowhere', body, value),
  headers: (stage, actors, value) => publish(actors, stage, '', 'nowhere', body, { headers: value }),
  'a header': (stage, actors, value) => publish(actors, stage, '', 'nowhere', body, { headers: { tenant: value } }),
  'a header in a list': (stage, actors, value) =>
    publish(actors, stage, '', 'nowhere', body, { headers: { tenant: ['a', value] } }),
  'a traceparent': (stage, actors, value) =>
    publish(actors, stage, '', 'nowhere', body, { headers: { traceparent: value } }),
  'a message id': (stage, actors, value) => publish(actors, stage, '', 'nowhere', body, { messageId: value }),
  'a time of sending': (stage, actors, value) => publish(actors, stage, '', 'nowhere', body, { timestamp: value }),
  'a delivery mode': (stage, actors, value) =>
    publish(actors, stage, '', 'nowhere', body, { deliveryMode: value, persistent: value }),
  'CC and BCC': (stage, actors, value) => publish(actors, stage, '', 'nowhere', body, { CC: value, BCC: value }),
  'a message that comes back': (stage, { channel }, value) =>
    stage.start('Channel.publish', channel, '', 'nowhere', body, { mandatory: true, headers: value }),
  'a confirm callback': (stage, { confirmChannel }, value) =>
    stage.start('ConfirmChannel.publish', confirmChannel, '', 'nowhere', body, {}, value),
  'options with a confirm callback': (stage, { confirmChannel }, value) =>
    stage.start('ConfirmChannel.publish', confirmChannel, '', 'nowhere', body, value, confirmed(stage)),
  'a queue to send to': (stage, { channel, confirmChannel }, value) => {
    stage.start('Channel.sendToQueue', channel, value, body);
    stage.start('ConfirmChannel.sendToQueue', confirmChannel, value, body, {}, confirmed(stage));
  },
  'a message to ack': (stage, { channel }, value) => stage.start('Channel.ack', channel, value),
  'a message to nack': (stage, { channel }, value) => stage.start('Channel.nack', channel, value, value, value),
  'a message to reject': (stage, { channel }, value) => stage.start('Channel.reject', channel, value, value),
  'a queue to consume': (stage, actors, value) => onThrowaway(actors, stage, 'consume', value, ignore),
  'a handler': (stage, actors, value) =>
    onThrowaway(actors, stage, 'consume', 'no-such-queue', value, undefined, ignore),
  'options of a consumer': (stage, actors, value) =>
    onThrowaway(actors, stage, 'consume', 'no-such-queue', ignore, value, ignore),
  'a queue to get from': (stage, actors, value) =>
    onThrowaway(actors, stage, 'get', value, undefined, (error: unknown) => stage.note(`got ${valueText(error)}`)),
  'options of a get': (stage, actors, value) => onThrowaway(actors, stage, 'get', 'no-such-queue', value),
  'a queue to assert': (stage, actors, value) => onThrowaway(actors, stage, 'assertQueue', value, { autoDelete: true }),
  'arguments of a queue': (stage, actors, value) =>
    onThrowaway(actors, stage, 'assertQueue', 'other', { arguments: value, deadLetterExchange: value }),
});

const headers: Row<Actors>[] = Object.entries(headerTables).map(([name, make]) => ({
  name,
  play(stage, actors) {
    const options = { headers: make(), persistent: true };
    publish(actors, stage, '', 'nowhere', body, options);
    publish(actors, stage, '', 'nowhere', body, Object.freeze(options));
  },
}));

export const publishRows: Row<Actors>[] = [...hostile, ...headers];
