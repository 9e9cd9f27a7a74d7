import { isObject, shareQuota, sumAsWritten, type MessagingTelemetry, type SqsMessage } from '@queuetrace/messaging';
import type {
  SendMessageBatchCommandInput,
  SendMessageBatchCommandOutput,
  SendMessageCommandInput,
  SendMessageCommandOutput,
} from '@aws-sdk/client-sqs';
import { answered, failed } from './outcome';
import { queueOf } from './queue';
import { copyOf, type Request } from './request';

type Telemetry = MessagingTelemetry<SqsMessage>;

export function sendMessage(telemetry: Telemetry, request: Request<SendMessageCommandInput>): unknown {
  const { input } = request;
  const queue = queueOf(request.client, input.QueueUrl);
  if (!telemetry.observes(queue.destination.name)) return request.pass();
  const message = copyOf(input);
  const active = telemetry.startSend({ ...queue, name: 'send', messages: [message as SqsMessage] });
  return request.send<SendMessageCommandOutput>(message, {
    active,
    onAnswer(output) {
      active.set({ messageId: output?.MessageId });
      answered(active, request, undefined, output as object | undefined);
      return asWritten(output, message, input);
    },
    onError: error => failed(active, request, error),
  });
}

export function sendMessageBatch(telemetry: Telemetry, request: Request<SendMessageBatchCommandInput>): unknown {
  const { input } = request;
  const queue = queueOf(request.client, input.QueueUrl);
  // Anything but a list is for the SDK to complain of.
  if (!Array.isArray(input.Entries) || !telemetry.observes(queue.destination.name)) return request.pass();
  const Entries = input.Entries.map(entry => (isObject(entry) ? copyOf(entry) : entry));
  const messages = Entries.filter(isObject) as SqsMessage[];
  shareQuota(messages);
  const active = telemetry.startSend({ ...queue, name: 'send', messages, isBatch: true });
  return request.send<SendMessageBatchCommandOutput>(
    { ...copyOf(input), Entries },
    {
      active,
      onAnswer(output) {
        answered(active, request, Entries.length, output);
        if (!output?.Successful) return output;
        const indexOf = new Map(Entries.map((entry, index) => [entry?.Id, index]));
        const Successful = output.Successful.map(one => {
          const index = indexOf.get(one.Id) ?? -1;
          return index < 0 ? one : asWritten(one, Entries[index], input.Entries![index]);
        });
        return { ...output, Successful };
      },
      onError: error => failed(active, request, error),
    },
  );
}

interface Sums {
  MD5OfMessageAttributes?: string;
  MD5OfMessageSystemAttributes?: string;
}

/** The answer as it would be without our attributes: the service has summed them up too. */
function asWritten<Output extends Sums>(output: Output, sent: SqsMessage, written: SqsMessage): Output {
  const sums: Sums = {
    MD5OfMessageAttributes: sumAsWritten(
      output?.MD5OfMessageAttributes,
      sent.MessageAttributes,
      written.MessageAttributes,
    ),
    MD5OfMessageSystemAttributes: sumAsWritten(
      output?.MD5OfMessageSystemAttributes,
      sent.MessageSystemAttributes,
      written.MessageSystemAttributes,
    ),
  };
  const keys = ['MD5OfMessageAttributes', 'MD5OfMessageSystemAttributes'] as const;
  if (keys.every(key => sums[key] === output?.[key])) return output;
  const answer = { ...output, ...sums };
  for (const key of keys) if (answer[key] === undefined) delete answer[key];
  return answer;
}
