import { randomBytes } from 'node:crypto';
import type { Cell } from './cells';
import type { Program } from './program';
import type { Programs } from './programs';
import type { Queues } from './queues';

/** What a request that the app serves would have come with, in W3C's form; each one's is its own. */
export interface Incoming {
  readonly traceparent: string;
  readonly tracestate: string;
  readonly baggage: string;
}

/** What was sent, in which context, and where. */
export interface Run {
  readonly messages: readonly string[];
  readonly incoming: Incoming;
  readonly queue: string;
}

/** Before a message is a dead letter. */
export const FAILURES = 2;

/** Sends a cell's messages and has them handled. What can be seen of it is in the spans that the programs export. */
export async function runCell(cell: Cell, programs: Programs, queues: Queues): Promise<Run> {
  const { kind, peer, propagator, direction } = cell;
  const node = { program: programs.node(cell), client: peer.node };
  const other = { program: programs.peer(peer, propagator) };
  const [sender, receiver] = direction === 'from Node' ? [node, other] : [other, node];
  const { address, deadLetterAddress } = queues;

  const messages = Array.from({ length: kind === 'batch' ? 3 : 1 }, () => randomBytes(6).toString('hex'));
  const incoming = newIncoming(kind !== 'unsampled');
  await produce(sender, { to: address, messages, context: incoming });
  if (kind === 'batch') await consume(receiver, { from: address, deliveries: messages.length, batch: true });
  else if (kind === 'retry') await consume(receiver, { from: address, deliveries: 2, failures: 1 });
  else if (kind !== 'dead letter') await consume(receiver, { from: address, deliveries: 1 });
  else {
    const deadLetter = deadLetterAddress;
    await consume(receiver, { from: address, deliveries: FAILURES, failures: FAILURES, deadLetter });
    await consume(sender, { from: deadLetter, deliveries: 1 });
  }
  return { messages, incoming, queue: queues.name };
}

interface Side {
  readonly program: Program;
  readonly client?: string;
}

const produce = ({ program, client }: Side, command: object) => program.call({ client, do: 'produce', ...command });

const consume = ({ program, client }: Side, command: object) => program.call({ client, do: 'consume', ...command });

/** X-Ray wants a trace id that begins with a time. */
export function newIncoming(isSampled = true): Incoming {
  const epoch = Math.floor(Date.now() / 1000).toString(16);
  const hex = (bytes: number) => randomBytes(bytes).toString('hex');
  return {
    traceparent: `00-${epoch}${hex(12)}-${hex(8)}-0${isSampled ? 1 : 0}`,
    tracestate: `vendor=${hex(4)}`,
    baggage: `tenant=${hex(4)}`,
  };
}
