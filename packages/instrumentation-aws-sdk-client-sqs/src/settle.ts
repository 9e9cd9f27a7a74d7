import {
  SqsSettlement,
  type MessagingTelemetry,
  type SqsBatchAnswer,
  type SqsMessage,
  type SqsReceivedMessages,
  type SqsSettleEntry,
} from '@queuetrace/messaging';
import type { Request } from './request';

/** DeleteMessage and ChangeMessageVisibility; with `Entries`, their batches. */
interface SettleInput extends SqsSettleEntry {
  QueueUrl?: string;
  Entries?: SqsSettleEntry[];
}

export function settle(
  name: 'delete' | 'change visibility',
  isBatch: boolean,
  { telemetry, received }: { telemetry: MessagingTelemetry<SqsMessage>; received: SqsReceivedMessages },
  request: Request<SettleInput>,
): unknown {
  const { client, input } = request;
  const queue = client.queue(input.QueueUrl);
  const entries = isBatch ? input.Entries : [input];
  if (!Array.isArray(entries) || !telemetry.observes(queue.destination.name)) return request.pass();
  const settlement = new SqsSettlement(telemetry, received, { name, queue, entries, isBatch });
  return request.send<SqsBatchAnswer | undefined>(input, settlement);
}

/** StartMessageMoveTask: the dead letters of a queue go back to where they came from. Which ones, nobody says. */
export function startMove(
  telemetry: MessagingTelemetry<SqsMessage>,
  request: Request<{ SourceArn?: string }>,
): unknown {
  const { client, input } = request;
  const { destination, server } = client.queue(input.SourceArn);
  if (!telemetry.observes(destination.name)) return request.pass();
  const attributes = { dlqAction: 'retry' };
  const operation = { name: 'start message move task', destination, server, messages: [], attributes };
  const active = telemetry.startSettle(operation, true);
  return active ? request.send(input, { active }) : request.pass();
}
