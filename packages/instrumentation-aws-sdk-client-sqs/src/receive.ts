import {
  Delivery,
  now,
  registerDelivery,
  SqsReceive,
  traceLoop,
  type MessagingTelemetry,
  type Operation,
  type SqsMessage,
} from '@queuetrace/messaging';
import type { Message, ReceiveMessageCommandInput, ReceiveMessageCommandOutput } from '@aws-sdk/client-sqs';
import { queueOf, requestAttributes } from './queue';
import { visibleAtMs, type Received, type ReceivedMessages } from './received-messages';
import { copyOf, type Request } from './request';

type Telemetry = MessagingTelemetry<SqsMessage>;
type ReceiveRequest = Request<ReceiveMessageCommandInput>;

/** A receive is told when it has been answered; the app gets its messages in an array whose loops are seen. */
export function receiveMessage(telemetry: Telemetry, request: ReceiveRequest, receivedMessages: ReceivedMessages) {
  const { input } = request;
  const { destination } = queueOf(request.client, input.QueueUrl);
  if (!telemetry.observes(destination.name)) return request.pass();
  // SDKs with schemas know the newer spelling; the ones before drop what they don't know.
  const systemNamesKey = 'schema' in request.command ? 'MessageSystemAttributeNames' : 'AttributeNames';
  const receive = new SqsReceive(copyOf(input) as object, systemNamesKey);
  const startTime = now();
  return request.send<ReceiveMessageCommandOutput>(receive.request as ReceiveMessageCommandInput, {
    onAnswer(output) {
      if (!output?.Messages?.length) return output;
      telemetry.received({ ...operationOf(request, output), messages: output.Messages as SqsMessage[] }, startTime);
      return { ...output, Messages: handOver(telemetry, request, receive, output.Messages, receivedMessages) };
    },
    onError: error => telemetry.received(operationOf(request, error), startTime, error),
  });
}

function operationOf({ client, input }: ReceiveRequest, outcome: unknown) {
  const queue = queueOf(client, input.QueueUrl);
  const attributes = { ...queue.attributes, ...requestAttributes(outcome) };
  return { ...queue, attributes, name: 'receive', isBatch: true, messages: [] as SqsMessage[] };
}

/** The messages as the app asked for them, each ready to have a process operation. */
function handOver(
  telemetry: Telemetry,
  request: ReceiveRequest,
  receive: SqsReceive<object>,
  messages: Message[],
  receivedMessages: ReceivedMessages,
): Message[] {
  const deliveries = new Map<object, Delivery>();
  const handed = messages.map(message => {
    const received: Received = {
      carrier: receive.carrierOf(message as SqsMessage),
      visibleAtMs: visibleAtMs(request.input.VisibilityTimeout),
    };
    const delivery = deliveryOf(telemetry, request, message, process => receivedMessages.leave(received, process));
    received.delivery = new WeakRef(delivery);
    if (message.ReceiptHandle) receivedMessages.add(message.ReceiptHandle, received);
    const asked = receive.asAsked(message as SqsMessage) as Message;
    deliveries.set(asked, registerDelivery(asked, delivery));
    return asked;
  });
  const batch = telemetry.config.loopSpans ? traceLoop(handed, message => deliveries.get(message)).messages : handed;
  batches.set(batch, () => processOf(request, messages, true));
  return batch;
}

const batches = new WeakMap<readonly Message[], () => Operation<SqsMessage>>();

/** The processing of all messages of one answer at once, by the array that the app got. */
export function batchOf(messages: readonly Message[]): Operation<SqsMessage> | undefined {
  return batches.get(messages)?.();
}

function deliveryOf(
  telemetry: Telemetry,
  request: ReceiveRequest,
  message: Message,
  onLeft: ConstructorParameters<typeof Delivery>[1],
): Delivery {
  return new Delivery(
    (startTime, ambient) =>
      telemetry.startProcess(processOf(request, [message], false), { ambient, isCounted: true, startTime }),
    onLeft,
  );
}

function processOf({ client, input }: ReceiveRequest, messages: Message[], isBatch: boolean): Operation<SqsMessage> {
  return { ...queueOf(client, input.QueueUrl), name: 'process', messages: messages as SqsMessage[], isBatch };
}
