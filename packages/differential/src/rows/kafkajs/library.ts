import { connect } from 'node:net';
import * as library from 'kafkajs';
import type { Row, Stage } from '../../stage';
import { valueText } from '../../value-text';
import { rows } from '../hostile-rows';
import { config, topic, type Actors } from './actors';

/* eslint-disable @typescript-eslint/no-explicit-any -- of many kinds. */

/** All that any of them reads. */
const metadata = {
  topic,
  partition: 1,
  groups: [],
  retryCount: 1,
  retryTime: 2,
  broker: 'b',
  partitions: [],
  apiKey: 3,
};

/** There are more, which are not declared. */
const ERRORS = [
  'KafkaJSError',
  'KafkaJSNonRetriableError',
  'KafkaJSProtocolError',
  'KafkaJSAggregateError',
  'KafkaJSOffsetOutOfRange',
  'KafkaJSAlterPartitionReassignmentsError',
  'KafkaJSNumberOfRetriesExceeded',
  'KafkaJSConnectionError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSMetadataNotLoaded',
  'KafkaJSTopicMetadataNotLoaded',
  'KafkaJSStaleTopicMetadataAssignment',
  'KafkaJSServerDoesNotSupportApiKey',
  'KafkaJSBrokerNotFound',
  'KafkaJSPartialMessageError',
  'KafkaJSSASLAuthenticationError',
  'KafkaJSGroupCoordinatorNotFound',
  'KafkaJSNotImplemented',
  'KafkaJSTimeout',
  'KafkaJSLockTimeout',
  'KafkaJSUnsupportedMagicByteInMessageSet',
  'KafkaJSDeleteGroupsError',
  'KafkaJSDeleteTopicRecordsError',
] as const;

const errors: Row<Actors>[] = ERRORS.map(name => ({
  name: `new ${name}`,
  play: (stage: Stage) => {
    stage.make(`new ${name}`, library[name], new Error('broken'), metadata);
    stage.make(`new ${name}`, library[name], metadata, []);
    stage.make(`new ${name}`, library[name]);
  },
}));

const sendOne = async (kafka: library.Kafka, stage: Stage) => {
  const producer = kafka.producer();
  await stage.call('Producer.connect', producer);
  await stage.call('Producer.send', producer, { topic, messages: [{ value: 'x' }] });
  await producer.disconnect();
};

const member = { version: 1, topics: [topic], userData: Buffer.from('mine') };
const assigned = { version: 1, assignment: { [topic]: [0] }, userData: Buffer.from('yours') };

const ordinary = rows<Actors>({
  'a logger of the app': (stage, { address }) => {
    const logCreator = (level: unknown) => (entry: unknown) => stage.note(`logs at ${level} ${valueText(entry)}`);
    const logLevel = library.logLevel.INFO;
    const kafka = stage.make('new Kafka', library.Kafka, { ...config(address), logLevel, logCreator });
    const logger = stage.start('Kafka.logger', kafka);
    const named = stage.start('Logger.namespace', logger, 'shop');
    stage.start('Logger.setLogLevel', logger, library.logLevel.DEBUG);
    for (const method of ['info', 'error', 'warn', 'debug']) {
      stage.start(`Logger.${method}`, logger, method, { tenant: 'a' });
      stage.start(`Logger.${method}`, named, method);
    }
  },
  'sockets of the app': (stage, { address }) => {
    const socketFactory: library.ISocketFactory = ({ host, port, onConnect }) =>
      connect(port, host, () => stage.apply('ISocketFactoryArgs.onConnect', onConnect));
    return sendOne(stage.make('new Kafka', library.Kafka, { ...config(address), socketFactory }), stage);
  },
  'a mechanism of the app': (stage, { address }) => {
    const request = { encode: () => Buffer.from('it is me') };
    const response = { decode: (raw: Buffer) => raw, parse: String };
    const sasl: library.Mechanism = {
      mechanism: 'shop',
      authenticationProvider: given => ({
        authenticate: () => stage.call('AuthenticationProviderArgs.saslAuthenticate', given, { request, response }),
      }),
    };
    return sendOne(stage.make('new Kafka', library.Kafka, { ...config(address), sasl }), stage);
  },
  'a user and a password': (stage, { address }) => {
    const sasl = { mechanism: 'plain', username: 'shop', password: 'secret' };
    return sendOne(stage.make('new Kafka', library.Kafka, { ...config(address), sasl }), stage);
  },
  'brokers that are asked for': (stage, { address }) =>
    sendOne(
      stage.make('new Kafka', library.Kafka, { ...config(address), brokers: () => Promise.resolve([address]) }),
      stage,
    ),
  partitioners: stage => {
    for (const [name, create] of Object.entries(library.Partitioners)) {
      const partition: any = stage.apply(`Partitioners.${name}`, create);
      const partitionMetadata = [0, 1, 2].map(partitionId => ({ partitionId, leader: 1 }));
      stage.apply(`Partitioners.${name}`, partition, { topic, partitionMetadata, message: { key: 'k', value: 'x' } });
    }
  },
  'the protocol of assigners': stage => {
    for (const [name, value] of Object.entries({ MemberMetadata: member, MemberAssignment: assigned })) {
      const serializer = library.AssignerProtocol[name as 'MemberMetadata'];
      const encoded = stage.start(`AssignerProtocol.${name}.encode`, serializer, value);
      stage.start(`AssignerProtocol.${name}.decode`, serializer, encoded);
      stage.start(`AssignerProtocol.${name}.decode`, serializer, Buffer.alloc(0));
    }
  },
  'an assigner alone': async stage => {
    const given = { cluster: { findTopicPartitionMetadata: () => [{ partitionId: 0 }, { partitionId: 1 }] } };
    const assigner = stage.apply('PartitionAssigners.roundRobin', library.PartitionAssigners.roundRobin, given);
    const { metadata: memberMetadata } = stage.start('Assigner.protocol', assigner, { topics: [topic] });
    const members = ['a', 'b'].map(memberId => ({ memberId, memberMetadata }));
    await stage.call('Assigner.assign', assigner, { members, topics: [topic] });
  },
  'codecs of compressions': stage => {
    for (const type of [1, 2, 3, 4]) stage.start(`CompressionCodecs.${type}`, library.CompressionCodecs);
  },
});

export const libraryRows = [...errors, ...ordinary];
