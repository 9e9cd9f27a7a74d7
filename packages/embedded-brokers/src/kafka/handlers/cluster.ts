/** Requests about the cluster: Metadata and FindCoordinator. */
import { response, Writer } from '../codec';
import { ErrorCode, errorCodeOf } from '../errors';
import { NODE_ID, type BrokerState, type KafkaRequest } from '../request';

export function metadata({ broker, version, body }: KafkaRequest): Writer {
  const names = body.nullableArray(reader => reader.string());
  const mayCreate = version >= 4 ? body.boolean() : true;
  const writer = response(version, 3);
  writer.array([broker], ({ host, port }) => writer.int32(NODE_ID).string(host).int32(port).string(null));
  if (version >= 2) writer.string('embedded');
  writer.int32(NODE_ID);
  // Null asks for every topic there is.
  return writer.array(names ?? broker.topics.names(), name => {
    const error = mayCreate ? ensureTopic(broker, name) : ErrorCode.NONE;
    writeTopic(writer, broker, version, name, error);
  });
}

function ensureTopic({ topics }: BrokerState, name: string): ErrorCode {
  return topics.partitionsOf(name) ? ErrorCode.NONE : errorCodeOf(() => topics.create(name));
}

function writeTopic(writer: Writer, broker: BrokerState, version: number, name: string, failure: ErrorCode): void {
  const partitions = broker.topics.partitionsOf(name);
  const error = failure || (partitions ? ErrorCode.NONE : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  const isInternal = false;
  writer.int16(error).string(name).boolean(isInternal);
  writer.array([...(partitions ?? []).keys()], partition => {
    writer.int16(ErrorCode.NONE).int32(partition).int32(NODE_ID);
    const replicas = () => writer.array([NODE_ID], node => writer.int32(node));
    replicas(); // all of them
    replicas(); // those in sync
    if (version >= 5) writer.array([], () => {}); // those offline
  });
}

export function findCoordinator({ broker, version }: KafkaRequest): Writer {
  const writer = response(version, 1).int16(ErrorCode.NONE);
  if (version >= 1) writer.string(null); // error message
  return writer.int32(NODE_ID).string(broker.host).int32(broker.port);
}
