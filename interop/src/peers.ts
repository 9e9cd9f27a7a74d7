import type { System } from '@queuetrace/test-utils';
import path from 'node:path';
import type { Column, Direction } from './cells';

export const FOLDER = path.resolve(__dirname, '../..');

export type Language = 'python' | 'go' | 'java';

/** A client in another language, with the instrumentation that its users run. */
export interface Peer {
  readonly name: string;
  readonly language: Language;
  /** The client and its instrumentation, as they are told in the report. */
  readonly packages: readonly string[];
  readonly system: System;
  /** Where its messages come from, and go to. */
  readonly node: 'kafkajs' | 'amqplib' | 'sqs';
  /** Its program, given the folder with what it was built from. */
  command(folder: string): string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Both, where there is nothing else. */
  readonly directions?: readonly Direction[];
  /** Why there is no such cell. */
  cannot?(direction: Direction, column: Column): string | undefined;
  /** What is tried again is sent again, to another topic. */
  readonly sendsRetries?: boolean;
  /** A delivery that is not deleted has no span of its own there. */
  readonly forgetsFailures?: boolean;
}

/** A Python program without any instrumentation. */
export const plainPython = (program: string) => (folder: string) => [
  path.join(folder, 'bin/python'),
  path.join(FOLDER, 'python', program),
];

const python = (program: string) => (folder: string) => [
  path.join(folder, 'bin/opentelemetry-instrument'),
  ...plainPython(program)(folder),
];

const java = (folder: string) => [
  'java',
  `-javaagent:${path.join(folder, 'agent/opentelemetry-javaagent.jar')}`,
  // A quick start, and no more of the machine than is needed.
  ...['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx256m'],
  ...['-cp', [path.join(folder, 'classes'), path.join(folder, 'lib/*')].join(path.delimiter)],
  'queuetrace.interop.Program',
];

const NO_BAGGAGE = 'it gives the app no baggage';
const OWN_TRACE = 'it begins a trace of its own, which links to the message';
const SPRING = ['spring-kafka', 'opentelemetry-javaagent'];

export const PEERS: readonly Peer[] = [
  {
    name: 'Spring Kafka',
    language: 'java',
    packages: SPRING,
    system: 'kafka',
    node: 'kafkajs',
    command: java,
  },
  {
    name: 'Spring Kafka, receive telemetry on',
    language: 'java',
    packages: SPRING,
    system: 'kafka',
    node: 'kafkajs',
    command: java,
    env: { OTEL_INSTRUMENTATION_MESSAGING_EXPERIMENTAL_RECEIVE_TELEMETRY_ENABLED: 'true' },
    directions: ['from Node'],
    cannot(_direction, { propagator, asks }) {
      if (propagator !== 'w3c') return 'as without receive telemetry';
      if (asks === 'sampling') return OWN_TRACE;
      return asks === 'baggage' ? NO_BAGGAGE : undefined;
    },
  },
  {
    name: 'Spring Kafka, retry topics',
    language: 'java',
    packages: SPRING,
    system: 'kafka',
    node: 'kafkajs',
    command: java,
    env: { INTEROP_RETRIES: 'topics' },
    sendsRetries: true,
    directions: ['from Node'],
    cannot: (_direction, { kind }) =>
      kind === 'retry' || kind === 'dead letter' ? undefined : 'as without retry topics',
  },
  {
    name: 'Sarama',
    language: 'go',
    packages: ['github.com/IBM/sarama', 'github.com/dnwe/otelsarama'],
    system: 'kafka',
    node: 'kafkajs',
    command: folder => [path.join(folder, 'sarama')],
  },
  {
    name: 'Pika',
    language: 'python',
    packages: ['pika', 'opentelemetry-instrumentation-pika'],
    system: 'rabbitmq',
    node: 'amqplib',
    command: python('pika_program.py'),
  },
  {
    name: 'Boto3, instrumented by boto3sqs',
    language: 'python',
    packages: ['boto3', 'opentelemetry-instrumentation-boto3sqs'],
    system: 'aws_sqs',
    node: 'sqs',
    command: python('boto3_program.py'),
    env: { OTEL_PYTHON_DISABLED_INSTRUMENTATIONS: 'botocore' },
    forgetsFailures: true,
    cannot(direction, { asks }) {
      if (direction === 'to Node' || asks === 'trace') return undefined;
      if (asks === 'sampling') return OWN_TRACE;
      return asks === 'baggage' ? NO_BAGGAGE : 'its exporter leaves out the tracestate of a link';
    },
  },
  {
    name: 'Boto3, instrumented by botocore',
    language: 'python',
    packages: ['boto3', 'opentelemetry-instrumentation-botocore'],
    system: 'aws_sqs',
    node: 'sqs',
    command: python('boto3_program.py'),
    env: { OTEL_PYTHON_DISABLED_INSTRUMENTATIONS: 'boto3' },
    cannot(direction, { kind, propagator, asks }) {
      if (direction === 'from Node' || kind === 'dead letter') return 'it reads no context from a message';
      const isInHeader = propagator !== 'b3' && (asks === 'trace' || asks === 'sampling');
      return isInHeader ? undefined : 'it writes the X-Ray header only';
    },
  },
];

export const directionsOf = ({ directions = ['from Node', 'to Node'] }: Peer) => directions;

export function peerNamed(wanted: string): Peer {
  return PEERS.find(({ name }) => name === wanted)!;
}
