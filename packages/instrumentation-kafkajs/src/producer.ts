import {
  activeOperation,
  type Advice,
  type KafkaMessage,
  type MessagingTelemetry,
  type Operation,
} from '@queuetrace/messaging';
import type { ProducerBatch, ProducerRecord, RecordMetadata, TopicMessages } from 'kafkajs';
import type { ClientFacts } from './client-facts';
import { copyOf } from './message';

type Telemetry = MessagingTelemetry<KafkaMessage>;

/** What `send` and `sendBatch` mean, of a producer and of a transaction. */
export function producerAdvice(telemetry: Telemetry, facts: ClientFacts): Record<'send' | 'sendBatch', Advice> {
  return {
    send(call, [record]: [ProducerRecord]) {
      if (!isSendable(record) || !telemetry.observes(record.topic)) return call();
      const messages = record.messages.map(copyOf);
      return send(telemetry, facts, [record.topic], messages, () => call([{ ...record, messages }]));
    },

    sendBatch(call, [batch]: [ProducerBatch]) {
      const entries = batch?.topicMessages;
      if (!Array.isArray(entries) || !entries.every(isSendable)) return call();
      // Messages of an ignored topic go out as they are.
      const isTraced = ({ topic }: TopicMessages) => telemetry.observes(topic);
      const topicMessages = entries.map(one => (isTraced(one) ? { ...one, messages: one.messages.map(copyOf) } : one));
      const traced = topicMessages.filter(isTraced);
      const messages = traced.flatMap(one => one.messages) as KafkaMessage[];
      if (messages.length === 0) return call();
      const topics = [...new Set(traced.map(one => one.topic))];
      return send(telemetry, facts, topics, messages, () => call([{ ...batch, topicMessages }]));
    },
  };
}

function send(
  telemetry: Telemetry,
  facts: ClientFacts,
  topics: string[],
  messages: KafkaMessage[],
  call: () => unknown,
) {
  // Several topics: the span has none of them (messaging-spans.md, "Batch").
  const destination = { name: topics.length === 1 ? topics[0] : undefined };
  const active = telemetry.startSend({ name: 'send', destination, messages, isBatch: true, ...facts.known });
  return active.follow(call, result => {
    const records = result as RecordMetadata[];
    if (records?.length !== 1) return;
    const [{ partition, baseOffset, offset }] = records;
    const first = Number(baseOffset ?? offset ?? -1);
    active.set({
      destinationPartitionId: String(partition),
      kafkaOffset: messages.length === 1 && first >= 0 ? first : undefined,
    });
  });
}

/** What the library takes; with anything else it complains in its own way. */
function isSendable(record: Partial<ProducerRecord> | undefined): boolean {
  return (
    typeof record?.topic === 'string' &&
    Array.isArray(record.messages) &&
    record.messages.every(message => typeof message === 'object' && message?.value !== undefined)
  );
}

interface Connections {
  host: string;
  port: number;
}

/** Around a produce request: the broker that takes the messages is the leader, known only now. */
export const toldByBroker: Advice = (
  call,
  _args,
  broker: { connectionPool?: Connections; connection?: Connections },
) => {
  const active = activeOperation();
  // An ignored topic's produce request, sent while another message is processed, says nothing of that.
  const operation = active?.type === 'send' ? (active.operation as Operation<KafkaMessage>) : undefined;
  const connections = broker.connectionPool ?? broker.connection;
  if (operation && connections) {
    const { host: address, port } = connections;
    // With several leaders none of them is the server of the operation.
    const isOther = operation.server && (operation.server.address !== address || operation.server.port !== port);
    operation.server = isOther ? {} : { address, port };
  }
  return call();
};
