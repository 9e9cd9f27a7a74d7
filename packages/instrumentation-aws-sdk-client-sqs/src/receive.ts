import {
  now,
  operationAt,
  SqsReceive,
  type MessagingTelemetry,
  type SqsMessage,
  type SqsReceivedMessages,
} from '@queuetrace/messaging';
import type { ReceiveMessageCommandInput, ReceiveMessageCommandOutput } from '@aws-sdk/client-sqs';
import { requestAttributes } from './client';
import { copyOf, type Request } from './request';

type ReceiveRequest = Request<ReceiveMessageCommandInput>;

/** A receive is told when it has been answered; the app gets its messages in an array whose loops are seen. */
export function receiveMessage(
  telemetry: MessagingTelemetry<SqsMessage>,
  request: ReceiveRequest,
  received: SqsReceivedMessages,
): unknown {
  const { input, command } = request;
  if (!telemetry.observes(request.client.queue(input.QueueUrl).destination.name)) return request.pass();
  // SDKs with schemas know the newer spelling; the ones before drop what they don't know.
  const systemNamesKey = 'schema' in command ? 'MessageSystemAttributeNames' : 'AttributeNames';
  const receive = new SqsReceive(copyOf(input), systemNamesKey);
  const startTime = now();
  return request.send<ReceiveMessageCommandOutput>(receive.request as ReceiveMessageCommandInput, {
    onAnswer(output) {
      const { Messages: messages } = output ?? {};
      if (!messages?.length) return output;
      telemetry.received(operationOf(request, output, messages as SqsMessage[]), startTime);
      const queue = request.client.queue(input.QueueUrl);
      return { ...output, Messages: received.handOver(receive, messages, queue, input.VisibilityTimeout) };
    },
    onError: error => telemetry.received(operationOf(request, error, []), startTime, error),
  });
}

function operationOf({ client, input }: ReceiveRequest, outcome: unknown, messages: readonly SqsMessage[]) {
  const { destination, server, attributes } = client.queue(input.QueueUrl);
  const told = requestAttributes(outcome, attributes.cloudRegion);
  told.sqsQueueUrl = attributes.sqsQueueUrl;
  return operationAt({ destination, server, attributes: told }, 'receive', messages, true);
}
