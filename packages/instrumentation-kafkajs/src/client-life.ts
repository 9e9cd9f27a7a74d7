import { KafkaAttempts, type Advice } from '@queuetrace/messaging';
import type { ConsumerGroupJoinEvent } from 'kafkajs';
import type { TracedClient } from './traced-client';

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
function listen({ client, wrap }: TracedClient, key: string, tell: (payload: never) => void): void {
  const event = (client?.events as Record<string, string> | undefined)?.[key];
  const advice: Advice = (_call, [{ payload }]: [{ payload: never }]) => tell(payload);
  const listener = wrap(() => {}, advice);
  if (event) (client.on as Listen)(event, listener);
}

export function countEvents(traced: TracedClient): void {
  for (const [key, name] of Object.entries(COUNTED))
    listen(traced, key, () => traced.telemetry.clientEvent(name, traced.consumerGroup));
}

/** Which partitions are the consumer's own, how far behind it is in them, and what it tries again there. */
export function followPartitions(traced: TracedClient): KafkaAttempts {
  const { telemetry, consumerGroup: group = '' } = traced;
  const lag = telemetry.lags.of(group);
  const attempts = new KafkaAttempts(group, isMeant => telemetry.forgetAttempts(isMeant));
  const set = ({ topic, partition }: BatchLag, messages: number) => {
    if (telemetry.observes(topic)) lag.set(topic, partition, messages);
  };
  listen(traced, 'START_BATCH_PROCESS', (batch: BatchLag) => {
    attempts.batchStarts(batch.topic, batch.partition);
    set(batch, Number(batch.offsetLagLow) + 1);
  });
  listen(traced, 'END_BATCH_PROCESS', (batch: BatchLag) => set(batch, Number(batch.offsetLag)));
  listen(traced, 'GROUP_JOIN', ({ memberAssignment }: ConsumerGroupJoinEvent['payload']) => {
    lag.retain(memberAssignment);
    attempts.assigned(memberAssignment);
  });
  listen(traced, 'CRASH', () => lag.retain());
  listen(traced, 'STOP', () => lag.retain());
  return attempts;
}
