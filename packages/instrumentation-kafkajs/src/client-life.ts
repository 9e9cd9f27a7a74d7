import type { Advice, Wrap } from '@queuetrace/messaging';
import type { Consumer, ConsumerGroupJoinEvent, Producer } from 'kafkajs';
import type { Telemetry } from './client-facts';

type Listen = (event: string, listener: unknown) => void;

/** The library's own events, and what each is counted as. */
const COUNTED = {
  GROUP_JOIN: 'group_join',
  REBALANCING: 'rebalance',
  CRASH: 'crash',
  DISCONNECT: 'disconnect',
  REQUEST_TIMEOUT: 'request_timeout',
};

/** What START_BATCH_PROCESS and END_BATCH_PROCESS say of the messages after the first and the last one of the batch. */
type BatchLag = Record<'topic' | 'offsetLagLow' | 'offsetLag', string> & { partition: number };

/** Listens to an event with a wrapped function, so that it follows enable and disable and cannot fail. */
function listen(client: Producer | Consumer, wrap: Wrap, key: string, tell: (payload: never) => void): void {
  const event = (client?.events as Record<string, string> | undefined)?.[key];
  const advice: Advice = (_call, [{ payload }]: [{ payload: never }]) => tell(payload);
  if (event)
    (client.on as Listen)(
      event,
      wrap(() => {}, advice),
    );
}

export function countEvents(client: Producer | Consumer, telemetry: Telemetry, wrap: Wrap, group?: string): void {
  for (const [key, name] of Object.entries(COUNTED))
    listen(client, wrap, key, () => telemetry.clientEvent(name, group));
}

export function followLag(consumer: Consumer, telemetry: Telemetry, wrap: Wrap, group: string): void {
  const lag = telemetry.lags.of(group);
  const set = ({ topic, partition }: BatchLag, messages: number) => {
    if (telemetry.observes(topic)) lag.set(topic, partition, messages);
  };
  listen(consumer, wrap, 'START_BATCH_PROCESS', (batch: BatchLag) => set(batch, Number(batch.offsetLagLow) + 1));
  listen(consumer, wrap, 'END_BATCH_PROCESS', (batch: BatchLag) => set(batch, Number(batch.offsetLag)));
  listen(consumer, wrap, 'GROUP_JOIN', (join: ConsumerGroupJoinEvent['payload']) => lag.retain(join.memberAssignment));
  listen(consumer, wrap, 'CRASH', () => lag.retain());
  listen(consumer, wrap, 'STOP', () => lag.retain());
}
