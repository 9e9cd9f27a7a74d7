import { PartitionAssigners, type Cluster, type PartitionAssigner } from 'kafkajs';
import type { Stage } from '../../stage';
import { rows } from '../hostile-rows';
import { topic, type Actors } from './actors';

/** An assigner of partitions is given the library's insides. */
async function insideOf({ kafka }: Actors, stage: Stage): Promise<{ cluster: Cluster; stop(): Promise<void> }> {
  let cluster: Cluster | undefined;
  const assigner: PartitionAssigner = given => {
    ({ cluster } = given);
    return stage.apply('PartitionAssigners.roundRobin', PartitionAssigners.roundRobin, given);
  };
  const consumer = kafka.consumer({ groupId: 'inside', partitionAssigners: [assigner], maxWaitTimeInMs: 10 });
  await consumer.connect();
  await consumer.subscribe({ topic });
  await consumer.run({ eachMessage: () => Promise.resolve() });
  return { cluster: cluster!, stop: () => consumer.disconnect() };
}

const target = { topic, partitions: [{ partition: 0 }] };

const ofCluster: readonly [method: string, ...args: unknown[]][] = [
  ['isConnected'],
  ['getNodeIds'],
  ['metadata'],
  ['refreshMetadata'],
  ['refreshMetadataIfNecessary'],
  ['addTargetTopic', topic],
  ['addTargetTopic', ''],
  ['addMultipleTargetTopics', [topic]],
  ['findControllerBroker'],
  ['findTopicPartitionMetadata', topic],
  ['findLeaderForPartitions', topic, [0]],
  ['findGroupCoordinator', { groupId: 'inside' }],
  ['findGroupCoordinatorMetadata', { groupId: 'inside' }],
  ['defaultOffset', { fromBeginning: true }],
  ['fetchTopicsOffset', [{ ...target, fromBeginning: true }]],
  ['findBroker', { nodeId: 'none' }],
];

const offsets = [{ topic, partitions: [{ partition: 0, offset: '0' }] }];
const messages = [{ key: 'k', value: 'by a broker', headers: { tenant: 'a' } }];

const ofBroker: readonly [method: string, ...args: unknown[]][] = [
  ['isConnected'],
  ['apiVersions'],
  ['metadata', [topic]],
  ['describeGroups', { groupIds: ['no-such-group'] }],
  ['offsetCommit', { groupId: 'committed', groupGenerationId: -1, memberId: '', topics: offsets }],
  ['offsetFetch', { groupId: 'committed', topics: [target] }],
  ['produce', { topicData: [{ topic, partitions: [{ partition: 0, messages }] }], acks: 1 }],
  ['fetch', { maxWaitTime: 1, topics: [{ topic, partitions: [{ partition: 0, fetchOffset: '0', maxBytes: 1 }] }] }],
  ['alterPartitionReassignments', { topics: [] }],
  ['listPartitionReassignments', { topics: [] }],
  ['disconnect'],
  ['connect'],
];

export const clusterRows = rows<Actors>({
  'the cluster and a broker, given to an assigner': async (stage, actors) => {
    const { cluster, stop } = await insideOf(actors, stage);
    for (const [method, ...args] of ofCluster) await stage.call(`Cluster.${method}`, cluster, ...args);
    const broker = await stage.call('Cluster.findBroker', cluster, { nodeId: 1 });
    for (const [method, ...args] of ofBroker) await stage.call(`Broker.${method}`, broker, ...args);
    await stop();
    await stage.call('Cluster.connect', cluster);
    stage.start('Cluster.removeBroker', cluster, { host: '127.0.0.1', port: 1 });
    await stage.call('Cluster.disconnect', cluster);
  },
});
