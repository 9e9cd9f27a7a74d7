import { isObject, shareQuota, snsDestination, type MessagingTelemetry, type SnsMessage } from '@queuetrace/messaging';
import { answered, failed, type BatchAnswer } from './outcome';
import { serverOf } from './queue';
import { copyOf, type Client, type Request } from './request';

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
  const topic = input.PhoneNumber == null && topicOf(client, input.TopicArn ?? input.TargetArn);
  if (!topic || !telemetry.observes(topic.destination.name)) return request.pass();
  const message = copyOf(input);
  const active = telemetry.startSend({ ...topic, name: 'publish', messages: [message] });
  return request.send<{ MessageId?: string }>(message, {
    active,
    onAnswer(output) {
      active.set({ messageId: output?.MessageId });
      answered(active, request, undefined, output as object | undefined);
      return output;
    },
    onError: error => failed(active, request, error),
  });
}

export function publishBatch(telemetry: Telemetry, request: Request<PublishInput>): unknown {
  const { client, input } = request;
  const topic = topicOf(client, input.TopicArn);
  // Anything but a list is for the SDK to complain of.
  const given = Array.isArray(input.PublishBatchRequestEntries) ? input.PublishBatchRequestEntries : undefined;
  if (!topic || !given || !telemetry.observes(topic.destination.name)) return request.pass();
  const entries = given.map(entry => (isObject(entry) ? copyOf(entry) : entry));
  const messages = entries.filter(isObject);
  shareQuota(messages);
  const active = telemetry.startSend({ ...topic, name: 'publish', messages, isBatch: true });
  return request.send<BatchAnswer>(
    { ...copyOf(input), PublishBatchRequestEntries: entries },
    {
      active,
      onAnswer(output) {
        answered(active, request, entries.length, output);
        return output;
      },
      onError: error => failed(active, request, error),
    },
  );
}

function topicOf(client: Client, topicArn: unknown) {
  const destination = snsDestination(topicArn);
  return (
    destination && { destination, server: serverOf(client, undefined), attributes: { snsTopicArn: topicArn as string } }
  );
}
