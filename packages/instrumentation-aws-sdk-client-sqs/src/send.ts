import {
  answerAsWritten,
  endByAnswer,
  isObject,
  operationAt,
  sharingQuota,
  type AwsPlace,
  type MessagingTelemetry,
  type SqsBatchAnswer,
} from '@queuetrace/messaging';
import { copyOf, type Request } from './request';

/** How a system sends. */
export interface Sending<M> {
  telemetry: MessagingTelemetry<M>;
  /** What the service calls it. */
  name: 'send' | 'publish';
  place: AwsPlace;
}

/** One message, which is the input of the call. */
export function sendMessage<M extends object>({ telemetry, name, place }: Sending<M>, request: Request<M>): unknown {
  if (!telemetry.observes(place.destination.name)) return request.pass();
  const { input } = request;
  const message = copyOf(input);
  const messages = [message];
  const active = sharingQuota(messages, () => telemetry.startSend(operationAt(place, name, messages, false)));
  return request.send<{ MessageId?: string }>(message, {
    active,
    onAnswer(output) {
      active.set({ messageId: output?.MessageId });
      return output && answerAsWritten(output, message, input);
    },
  });
}

/** Several messages, in a list under a key of the call's input. */
export function sendBatch<M extends object, Key extends string>(
  { telemetry, name, place }: Sending<M>,
  request: Request<{ [K in Key]?: M[] }>,
  key: Key,
): unknown {
  const { input } = request;
  const written: unknown = input[key];
  // Anything but a list is for the SDK to complain of.
  if (!Array.isArray(written) || !telemetry.observes(place.destination.name)) return request.pass();
  const entries = (written as M[]).map(entry => (isObject(entry) ? copyOf(entry) : entry));
  const messages = entries.filter(isObject);
  const active = sharingQuota(messages, () => telemetry.startSend(operationAt(place, name, messages, true)));
  return request.send<SqsBatchAnswer>(
    { ...copyOf(input), [key]: entries },
    {
      active,
      onAnswer(output) {
        endByAnswer(active, entries, output);
        if (!output?.Successful) return output;
        const Successful = output.Successful.map(one => {
          const index = entries.findIndex(entry => (entry as { Id?: string } | null)?.Id === one.Id);
          return index < 0 ? one : answerAsWritten(one, entries[index], written[index] as M);
        });
        return { ...output, Successful };
      },
    },
  );
}
