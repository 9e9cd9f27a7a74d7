/** Requests of group members, and about groups. */
import { response, type Writer } from '../codec';
import { ErrorCode, errorCodeOf } from '../errors';
import type { Group } from '../group';
import type { KafkaRequest } from '../request';

export async function joinGroup({ broker, version, body, clientId, clientHost }: KafkaRequest): Promise<Writer> {
  const group = broker.groups.get(body.string());
  const sessionTimeout = body.int32();
  const rebalanceTimeout = version >= 1 ? body.int32() : sessionTimeout;
  const [memberId, protocolType] = [body.string(), body.string()];
  const protocols = body.array(reader => ({ name: reader.string(), metadata: reader.bytes() }));
  const who = { memberId, clientId, clientHost };
  const joined = await group.join({ ...who, sessionTimeout, rebalanceTimeout, protocolType, protocols });
  const writer = response(version, 2).int16(joined.error).int32(joined.generation);
  writer.string(joined.protocol).string(joined.leader).string(joined.memberId);
  return writer.array(joined.members, ({ id, metadata }) => writer.string(id).bytes(metadata));
}

export async function syncGroup({ broker, version, body }: KafkaRequest): Promise<Writer> {
  const group = broker.groups.get(body.string());
  const [generation, memberId] = [body.int32(), body.string()];
  const assignments = body.array((reader): [string, Buffer] => [reader.string(), reader.bytes()]);
  const { error, assignment } = await group.sync(memberId, generation, new Map(assignments));
  return response(version, 1).int16(error).bytes(assignment);
}

export function heartbeat({ broker, version, body }: KafkaRequest): Writer {
  const group = broker.groups.get(body.string());
  const [generation, memberId] = [body.int32(), body.string()];
  return response(version, 1).int16(group.check(memberId, generation));
}

export function leaveGroup({ broker, version, body }: KafkaRequest): Writer {
  const group = broker.groups.get(body.string());
  return response(version, 1).int16(group.leave(body.string()));
}

export function describeGroups({ broker, version, body }: KafkaRequest): Writer {
  const writer = response(version, 1);
  const ids = body.array(reader => reader.string());
  return writer.array(ids, id => {
    const group = broker.groups.find(id);
    writer.int16(ErrorCode.NONE).string(id);
    if (group) return writeGroup(writer, group);
    writer
      .string('Dead')
      .string('')
      .string('')
      .array([], () => {});
  });
}

function writeGroup(writer: Writer, group: Group): void {
  writer
    .string(group.state)
    .string(group.protocolType)
    .string(group.state === 'Stable' ? group.protocol : '');
  writer.array([...group.members.values()], member => {
    writer.string(member.memberId).string(member.clientId).string(member.clientHost);
    writer.bytes(group.metadataOf(member)).bytes(member.assignment);
  });
}

export function listGroups({ broker, version }: KafkaRequest): Writer {
  const writer = response(version, 1).int16(ErrorCode.NONE);
  return writer.array(broker.groups.all(), ({ id, protocolType }) => writer.string(id).string(protocolType));
}

export function deleteGroups({ broker, version, body }: KafkaRequest): Writer {
  const writer = response(version);
  const ids = body.array(reader => reader.string());
  return writer.array(ids, id => writer.string(id).int16(errorCodeOf(() => broker.groups.delete(id))));
}
