import { guarded } from './guarded';
import { state } from './state';
import { deliveryOfRecord } from './systems/sqs-event-delivery';

/**
 * Handles one received message in the context of its own process span, which ends with the handler and has its error;
 * a RabbitMQ message's goes on until the message is settled.
 * Works for messages of an eachBatch, of `channel.get`, of ReceiveMessage and of a Lambda event from SQS, in whichever
 * copy of this package the instrumentation lives. A message that no instrumentation has seen is handled without a span.
 * @param message the very object that the client library, or Lambda, gave
 * @returns what the handler returns; a throw or a rejection passes unchanged
 */
export function processMessage<Message extends object, Result>(
  message: Message,
  handler: (message: Message) => Result,
): Result {
  const delivery = state.deliveries.get(message) ?? deliveryOfRecord(message);
  const process = delivery && guarded('starting a process span', () => delivery.start());
  return process ? delivery.follow(process, () => handler(message)) : handler(message);
}
