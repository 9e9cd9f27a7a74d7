import { KafkaPartitions, type Advice, type KafkaFetched } from '@queuetrace/messaging';
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

/** Which partitions are the consumer's own. */
export function followPartitions(traced: TracedClient): KafkaPartitions {
  const partitions = new KafkaPartitions(traced.telemetry, traced.consumerGroup);
  listen(traced, 'START_BATCH_PROCESS', (batch: KafkaFetched) => partitions.batchStarts(batch));
  listen(traced, 'END_BATCH_PROCESS', (batch: KafkaFetched) => partitions.batchEnds(batch));
  listen(traced, 'GROUP_JOIN', (join: ConsumerGroupJoinEvent['payload']) => partitions.assigned(join.memberAssignment));
  for (const end of ['CRASH', 'STOP']) listen(traced, end, () => partitions.stopped());
  return partitions;
}
