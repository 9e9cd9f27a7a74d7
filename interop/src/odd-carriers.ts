import { startOtlpReceiver, type System } from '@queuetrace/test-utils';
import { randomBytes } from 'node:crypto';
import { Evidence } from './evidence';
import { markdownTable } from './markdown-table';
import { peerNamed, plainPython, type Language, type Peer } from './peers';
import { Programs } from './programs';
import { queuesOn } from './queues';
import { newIncoming } from './run-cell';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const SPAN_ID = 'b7ad6b7169203331';
const PLAIN = `00-${TRACE_ID}-${SPAN_ID}-01`;
const OTHER = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`;
const bytes = (text: string) => ({ bytes: text });

/** Which span every carrier that says so leads to. */
export const SENDER = { traceId: TRACE_ID, spanId: SPAN_ID };

/** A message as a program without instrumentation, or with an odd one, writes it. */
export interface OddCarrier {
  readonly what: string;
  readonly headers: readonly (readonly [name: string, value: unknown])[];
  /** Whether it leads to the sender, or to nobody. */
  readonly leads: boolean;
  /** Else any text. */
  readonly body?: (id: string) => string;
}

interface OddSender {
  readonly peer: Peer;
  readonly carriers: readonly OddCarrier[];
}

const carrier = (what: string, leads: boolean, ...headers: OddCarrier['headers']): OddCarrier => ({
  what,
  leads,
  headers,
});

const ON_ALL = [
  carrier('a later version', true, ['traceparent', `cc-${TRACE_ID}-${SPAN_ID}-01-what`]),
  carrier('the flags of a later level', true, ['traceparent', `00-${TRACE_ID}-${SPAN_ID}-03`]),
  carrier('nonsense', false, ['traceparent', '00-nonsense']),
];
const IN_TABLES = [
  carrier('a title-case name', true, ['Traceparent', PLAIN]),
  carrier('an empty value', false, ['traceparent', '']),
  carrier('null', false, ['traceparent', null]),
  carrier('null beside it', true, ['other', null], ['traceparent', PLAIN]),
];

const notification = (id: string, Type: 'String' | 'Binary') => {
  const Value = Type === 'Binary' ? Buffer.from(PLAIN).toString('base64') : PLAIN;
  const MessageAttributes = { traceparent: { Type, Value } };
  return JSON.stringify({ Type: 'Notification', MessageId: id, Message: 'paid', MessageAttributes });
};

export const ODD_SENDERS: Record<System, OddSender> = {
  kafka: {
    peer: { ...peerNamed('Sarama'), name: 'Sarama, not instrumented' },
    carriers: [
      ...ON_ALL,
      ...IN_TABLES,
      carrier(
        'twice, as from a service that forwards headers: the last counts',
        true,
        ['traceparent', OTHER],
        ['traceparent', PLAIN],
      ),
      carrier('an empty name beside it', true, ['', 'x'], ['traceparent', PLAIN]),
    ],
  },
  rabbitmq: {
    peer: { ...peerNamed('Pika'), name: 'Pika, not instrumented', command: plainPython('pika_program.py') },
    carriers: [
      ...ON_ALL,
      ...IN_TABLES,
      carrier('bytes', true, ['traceparent', bytes(PLAIN)]),
      carrier('a number', false, ['traceparent', 1]),
      carrier('a list', false, ['traceparent', [PLAIN]]),
    ],
  },
  aws_sqs: {
    peer: {
      ...peerNamed('Boto3, instrumented by boto3sqs'),
      name: 'Boto3, not instrumented',
      command: plainPython('boto3_program.py'),
    },
    carriers: [
      ...ON_ALL,
      carrier('bytes', true, ['traceparent', bytes(PLAIN)]),
      carrier('X-Ray alone', true, [
        'AWSTraceHeader',
        `Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=${SPAN_ID};Sampled=1`,
      ]),
      { ...carrier('an SNS notification', true), body: id => notification(id, 'String') },
      { ...carrier('an SNS notification with bytes', true), body: id => notification(id, 'Binary') },
    ],
  },
};

/** What every one of them is seen to do, as its tests say. */
export function oddCarriersTable(): string {
  const systems = Object.values(ODD_SENDERS);
  const whats = [...new Set(systems.flatMap(({ carriers }) => carriers.map(({ what }) => what)))];
  const cell = (carriers: readonly OddCarrier[], what: string) => {
    const found = carriers.find(one => one.what === what);
    return found ? (found.leads ? 'followed' : 'a trace of its own') : '–';
  };
  const rows = whats.map(what => [what, ...systems.map(({ carriers }) => cell(carriers, what))]);
  return markdownTable([['the context is', 'Kafka', 'RabbitMQ', 'SQS'], ...rows]);
}

/** Sends each of a system's odd messages, has Node.js consume them, and gives what was exported by the carriers. */
export async function runOddCarriers(system: System, address: string, folders: ReadonlyMap<Language, string>) {
  const { peer, carriers } = ODD_SENDERS[system];
  const receiver = await startOtlpReceiver();
  const programs = new Programs(receiver, folders);
  const maker = queuesOn[system](address);
  const messages = new Map(carriers.map(one => [one, messageOf(one)]));
  try {
    const [queue] = await maker.make(1);
    for (const [{ headers }, message] of messages) {
      const command = { to: queue.address, messages: [message], headers, context: newIncoming() };
      await programs.peer(peer, 'w3c').call({ do: 'produce', ...command });
    }
    const node = programs.node({ propagator: 'w3c', isControl: false });
    await node.call({ client: peer.node, do: 'consume', from: queue.address, deliveries: carriers.length });
  } finally {
    await programs.close();
    await receiver.stop();
    await maker.deleteAll();
  }
  const evidence = new Evidence(receiver.spans());
  return (one: OddCarrier) => {
    const [handle] = evidence.handlesOf(messages.get(one)!);
    return evidence.processOf(handle)!;
  };
}

function messageOf({ body = id => id }: OddCarrier): string {
  return body(randomBytes(6).toString('hex'));
}
