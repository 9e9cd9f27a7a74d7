import type { Context } from '@opentelemetry/api';
import { Delivery, registerDelivery } from '../delivery';
import { guarded } from '../guarded';
import { state } from '../state';
import type { StartTime } from '../telemetry-core';
import { destinationOfRecord, messageOfRecord, type SqsEventRecord } from './sqs-event';

/** How a message of a Lambda event is processed, which no client has received; undefined where SQS is not traced. */
export function deliveryOfRecord(message: object): Delivery | undefined {
  return guarded('reading an event', () => (isSqsRecord(message) ? deliver(message) : undefined));
}

const QUEUE_ARN = /^arn:[^:]*:sqs:/;

function isSqsRecord(message: object): message is SqsEventRecord {
  const { eventSourceARN } = message as { eventSourceARN?: unknown };
  return typeof eventSourceARN === 'string' && QUEUE_ARN.test(eventSourceARN);
}

function deliver(record: SqsEventRecord): Delivery | undefined {
  const telemetry = state.telemetries.get('sqs');
  const destination = destinationOfRecord(record);
  if (!telemetry?.observes(destination.name)) return undefined;
  const messages = [messageOfRecord(record) as never];
  const attributes = { cloudRegion: record.awsRegion };
  // Lambda deletes what is not among the failures.
  const operation = { name: 'process', destination, messages, isSettledOnSuccess: true, attributes };
  const start = (startTime: StartTime, ambient: Context) => telemetry.startProcess(operation, { ambient, startTime });
  return registerDelivery(record, new Delivery(start));
}
