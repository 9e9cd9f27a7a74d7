/** Requests that create, delete and grow topics. */
import { response, type Reader, type Writer } from '../codec';
import { ErrorCode, errorCodeOf } from '../errors';
import type { KafkaRequest } from '../request';

export function createTopics({ broker, version, body }: KafkaRequest): Writer {
  const wanted = body.array(readTopic);
  body.int32(); // timeout
  const validateOnly = version >= 1 ? body.boolean() : false;
  const writer = response(version, 2);
  return writer.array(wanted, ({ name, partitions }) => {
    const error = errorCodeOf(() => {
      if (validateOnly) broker.topics.assertCreatable(name, partitions);
      else broker.topics.create(name, partitions);
    });
    writer.string(name).int16(error);
    if (version >= 1)
      writer.string(error === ErrorCode.TOPIC_ALREADY_EXISTS ? `Topic '${name}' already exists.` : null);
  });
}

function readTopic(reader: Reader): { name: string; partitions: number } {
  const [name, partitions] = [reader.string(), reader.int32()];
  reader.int16(); // replication factor: there is one node
  const assignments = reader.array(() => [reader.int32(), reader.array(() => reader.int32())]);
  reader.array(() => [reader.string(), reader.nullableString()]); // configuration: none is looked at
  return { name, partitions: assignments.length || partitions };
}

export function deleteTopics({ broker, version, body }: KafkaRequest): Writer {
  const writer = response(version, 1);
  const names = body.array(reader => reader.string());
  return writer.array(names, name => {
    const error = errorCodeOf(() => broker.topics.delete(name));
    broker.groups.forgetTopic(name);
    writer.string(name).int16(error);
  });
}

export function createPartitions({ broker, version, body }: KafkaRequest): Writer {
  const wanted = body.array(reader => {
    const topic = { name: reader.string(), partitions: reader.int32() };
    reader.array(() => reader.array(() => reader.int32())); // assignment to nodes
    return topic;
  });
  const writer = response(version);
  return writer.array(wanted, ({ name, partitions }) => {
    const error = errorCodeOf(() => broker.topics.grow(name, partitions));
    writer.string(name).int16(error).string(null);
  });
}
