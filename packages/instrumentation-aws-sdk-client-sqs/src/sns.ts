import { snsDestination, type AwsPlace, type MessagingTelemetry, type SnsMessage } from '@queuetrace/messaging';
import type { KnownClient } from './client';
import type { Request } from './request';
import { sendBatch, sendMessage } from './send';

type Telemetry = MessagingTelemetry<SnsMessage>;

/** Publish and PublishBatch, as far as they are looked at. */
interface PublishInput extends SnsMessage {
  /** Personal data: of such a call nothing is told, since the service's errors name the number. */
  PhoneNumber?: unknown;
  TopicArn?: string;
  TargetArn?: string;
  PublishBatchRequestEntries?: SnsMessage[];
}

/** What is published to a topic; to a phone number, or to an app on a phone, is no messaging between services. */
export function publish(telemetry: Telemetry, request: Request<PublishInput>): unknown {
  const { client, input } = request;
  const place = input.PhoneNumber == null && topicOf(client, input.TopicArn ?? input.TargetArn);
  return place ? sendMessage({ telemetry, name: 'publish', place }, request) : request.pass();
}

export function publishBatch(telemetry: Telemetry, request: Request<PublishInput>): unknown {
  const place = topicOf(request.client, request.input.TopicArn);
  if (!place) return request.pass();
  return sendBatch({ telemetry, name: 'publish', place }, request, 'PublishBatchRequestEntries');
}

function topicOf({ server, region: cloudRegion }: KnownClient, topicArn: unknown): AwsPlace | undefined {
  const destination = snsDestination(topicArn);
  return destination && { destination, server, attributes: { snsTopicArn: topicArn as string, cloudRegion } };
}
