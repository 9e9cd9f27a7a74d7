import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  ConfigResourceTypes,
  ResourcePatternTypes,
} from 'kafkajs';
import type { Stage } from '../../stage';
import { hostileRows, rows } from '../hostile-rows';
import { topic, type Actors } from './actors';

const acl = {
  resourceType: AclResourceTypes.TOPIC,
  resourceName: topic,
  resourcePatternType: ResourcePatternTypes.LITERAL,
  principal: 'User:shop',
  host: '*',
  operation: AclOperationTypes.ALL,
  permissionType: AclPermissionTypes.ALLOW,
};
const made = 'made-by-admin';
const partitions = [{ partition: 0, offset: '0' }];

/** One after the other; what the embedded broker does not know is refused, by the library. */
const calls: readonly [method: string, ...args: unknown[]][] = [
  ['createTopics', { topics: [{ topic: made, numPartitions: 1 }], waitForLeaders: true }],
  ['createTopics', { topics: [{ topic: made, numPartitions: 1 }] }],
  ['listTopics'],
  ['createPartitions', { topicPartitions: [{ topic: made, count: 2 }] }],
  ['fetchTopicMetadata', { topics: [made] }],
  ['fetchTopicOffsets', made],
  ['fetchTopicOffsetsByTimestamp', made, 0],
  ['describeCluster'],
  ['describeConfigs', { resources: [{ type: ConfigResourceTypes.TOPIC, name: made }], includeSynonyms: false }],
  [
    'alterConfigs',
    { validateOnly: false, resources: [{ type: ConfigResourceTypes.TOPIC, name: made, configEntries: [] }] },
  ],
  ['listGroups'],
  ['describeGroups', [made, 'no-such-group']],
  ['deleteGroups', [made]],
  ['deleteGroups', ['no-such-group']],
  ['createAcls', { acl: [acl] }],
  ['describeAcls', acl],
  ['deleteAcls', { filters: [acl] }],
  ['deleteTopicRecords', { topic: made, partitions }],
  [
    'alterPartitionReassignments',
    { topics: [{ topic: made, partitionAssignment: [{ partition: 0, replicas: [1] }] }] },
  ],
  ['listPartitionReassignments', { topics: [{ topic: made, partitions: [0] }] }],
  ['deleteTopics', { topics: [made] }],
  ['deleteTopics', { topics: [made] }],
];

const hostile = hostileRows<Actors>({
  'topics to create': (stage, { admin }, value) => stage.call('Admin.createTopics', admin, { topics: value }),
  'a topic to ask for': (stage, { admin }, value) => stage.call('Admin.fetchTopicOffsets', admin, value),
});

const ordinary = rows<Actors>({
  'an admin, from connect to disconnect': async (stage, { kafka }) => {
    const admin = await stage.call('Kafka.admin', kafka);
    for (const event of [admin.events.CONNECT, admin.events.DISCONNECT, 'no event']) {
      stage.start('Admin.on', admin, event, ({ type }: { type: string }) => stage.note(type));
    }
    stage.start('Admin.logger', admin);
    await stage.call('Admin.connect', admin);
    for (const [method, ...args] of calls) await stage.call(`Admin.${method}`, admin, ...args);
    await stage.call('Admin.disconnect', admin);
    await stage.call('Admin.listTopics', admin);
  },
});

export const adminRows = [...hostile, ...ordinary];

/** kafkajs sets offsets by a consumer, which is paused, and so waits for five seconds. */
export const slowAdminRows = rows<Actors>(
  Object.fromEntries(
    ['setOffsets', 'resetOffsets'].map(method => [
      `offsets of a group: ${method}`,
      async (stage: Stage, { admin }: Actors) => {
        const group = { groupId: method, topic, partitions, earliest: true };
        await stage.call(`Admin.${method}`, admin, group);
        await stage.call('Admin.fetchOffsets', admin, { groupId: method, topics: [topic] });
      },
    ]),
  ),
);
