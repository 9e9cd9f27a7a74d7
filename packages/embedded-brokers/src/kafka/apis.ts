import { Writer } from './codec';
import { ErrorCode } from './errors';
import { findCoordinator, metadata } from './handlers/cluster';
import { fetch } from './handlers/fetch';
import {
  deleteGroups,
  describeGroups,
  heartbeat,
  joinGroup,
  leaveGroup,
  listGroups,
  syncGroup,
} from './handlers/groups';
import { listOffsets, offsetCommit, offsetFetch } from './handlers/offsets';
import { produce } from './handlers/produce';
import { saslAuthenticate, saslHandshake } from './handlers/sasl';
import { createPartitions, createTopics, deleteTopics } from './handlers/topics';
import { addOffsetsToTxn, addPartitionsToTxn, endTxn, initProducerId, txnOffsetCommit } from './handlers/transactions';
import type { BrokerState, Handler, KafkaRequest } from './request';

export interface Api {
  readonly minVersion: number;
  readonly maxVersion: number;
  readonly handle: Handler;
}

const api = (minVersion: number, maxVersion: number, handle: Handler): Api => ({ minVersion, maxVersion, handle });

export const API_VERSIONS_KEY = 18;

/** By API key. Only old versions are offered, which spares the newer wire format: clients take the best both know. */
const apis = new Map<number, Api>([
  [0, api(3, 3, produce)],
  [1, api(4, 4, fetch)],
  [2, api(1, 2, listOffsets)],
  [3, api(1, 5, metadata)],
  [8, api(2, 3, offsetCommit)],
  [9, api(1, 3, offsetFetch)],
  [10, api(0, 1, findCoordinator)],
  [11, api(0, 2, joinGroup)],
  [12, api(0, 1, heartbeat)],
  [13, api(0, 1, leaveGroup)],
  [14, api(0, 1, syncGroup)],
  [15, api(0, 1, describeGroups)],
  [16, api(0, 1, listGroups)],
  [17, api(1, 1, saslHandshake)],
  [API_VERSIONS_KEY, api(0, 2, ({ broker, version }) => writeVersions(broker, version, ErrorCode.NONE))],
  [19, api(0, 2, createTopics)],
  [20, api(0, 1, deleteTopics)],
  [22, api(0, 0, initProducerId)],
  [24, api(0, 0, addPartitionsToTxn)],
  [25, api(0, 0, addOffsetsToTxn)],
  [26, api(0, 0, endTxn)],
  [28, api(0, 0, txnOffsetCommit)],
  [36, api(0, 0, saslAuthenticate)],
  [37, api(0, 0, createPartitions)],
  [42, api(0, 1, deleteGroups)],
]);

/** The last versions of before headers. */
const oldApis = new Map([...apis, [0, api(2, 2, produce)], [1, api(3, 3, fetch)]]);

const apisOf = ({ messageFormat }: BrokerState) => (messageFormat === 1 ? oldApis : apis);

function writeVersions(broker: BrokerState, version: number, error: ErrorCode): Writer {
  const writer = new Writer().int16(error);
  writer.array([...apisOf(broker)], ([key, { minVersion, maxVersion }]) => {
    writer.int16(key).int16(minVersion).int16(maxVersion);
  });
  return version >= 1 ? writer.int32(0) : writer;
}

/** Undefined for a request that cannot even be answered with an error, as its response's format is unknown. */
export function handlerFor(
  broker: BrokerState,
  key: number,
  version: number,
): ((request: KafkaRequest) => ReturnType<Handler>) | undefined {
  const found = apisOf(broker).get(key);
  if (found && version >= found.minVersion && version <= found.maxVersion) return found.handle;
  // A newer client asks in a version of its own first and falls back to what this answer offers.
  if (key === API_VERSIONS_KEY) return () => writeVersions(broker, 0, ErrorCode.UNSUPPORTED_VERSION);
  return undefined;
}
