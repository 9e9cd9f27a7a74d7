import type { OtlpSpan } from '@queuetrace/test-utils';
import assert from 'node:assert/strict';
import type { Cell, Column } from './cells';
import { serviceOf, type Evidence } from './evidence';
import { NODE } from './programs';
import { traceTree } from './trace-tree';
import type { Run } from './run-cell';

/** A cell that has run, with what was exported meanwhile. */
export interface Case {
  readonly cell: Cell;
  readonly run: Run;
  readonly evidence: Evidence;
}

/** Fails unless the apps themselves have sent and handled the messages: nothing can be said otherwise. */
export function assertHandled({ cell, run, evidence }: Case): void {
  const deliveries = { single: 1, batch: 1, retry: 2, 'dead letter': 3 }[cell.kind];
  for (const message of run.messages) {
    assert.equal(evidence.ordersOf(message).length, 1, `${message} was not sent once`);
    assert.equal(evidence.handlesOf(message).length, deliveries, `${message} was not delivered ${deliveries} times`);
  }
}

/** Tells what was exported where the answer is no. */
export function judge(one: Case, asks: Column['asks']): void {
  try {
    answer(one, asks);
  } catch (error) {
    if (!(error instanceof assert.AssertionError)) throw error;
    const seen = traceTree(one.evidence.tracesOf(one.run.messages));
    throw new assert.AssertionError({ message: `${error.message}\n\n${seen}\n` });
  }
}

function answer(one: Case, asks: Column['asks']): void {
  if (asks === 'trace') return judgeTrace(one);
  const { run, evidence } = one;
  for (const message of run.messages)
    for (const handle of evidence.handlesOf(message)) QUESTIONS[asks](handle, run, evidence);
}

/** What crossed beside the trace. */
const QUESTIONS: Record<Exclude<Column['asks'], 'trace'>, (handle: OtlpSpan, run: Run, evidence: Evidence) => void> = {
  baggage: ({ attributes }, { incoming }) =>
    assert.equal(`tenant=${String(attributes['app.tenant'])}`, incoming.baggage),
  tracestate(handle, { incoming }, evidence) {
    const links = evidence.processOf(handle)?.links ?? [];
    assert.ok([handle, ...links].some(({ traceState }) => traceState === incoming.tracestate));
  },
};

/** Every message is led back to the very span that sent it: by the parent of the span that processed it, or by a link. */
function judgeTrace({ cell, run, evidence }: Case): void {
  const [sender, receiver] = cell.direction === 'from Node' ? [NODE, cell.peer.name] : [cell.peer.name, NODE];
  const ledTo = new Set<OtlpSpan>();
  for (const message of run.messages) {
    const sends = evidence.sendsOf(message);
    assert.ok(sends.length > 0, 'no span of a send');
    const handles = evidence.handlesOf(message);
    const attempts = handles.filter(handle => serviceOf(handle) === receiver);
    const processes = attempts.map(handle => evidence.processOf(handle));
    for (const [index, process] of processes.entries()) {
      const isForgotten = cell.peer.forgetsFailures && receiver !== NODE && isFailure(cell, index);
      if (isForgotten) continue;
      ledTo.add(sourceOf(evidence, process, sends));
    }
    if (receiver === NODE) assertAttempts(processes);
    const deadLetters = handles.filter(handle => serviceOf(handle) === sender);
    for (const handle of deadLetters) judgeDeadLetter({ cell, run, evidence }, evidence.processOf(handle), sends);
  }
  // Where each message has a send span of its own, none is taken for another's.
  const sends = new Set(run.messages.flatMap(message => evidence.sendsOf(message)));
  const isForgotten = cell.peer.forgetsFailures && cell.kind === 'dead letter' && receiver !== NODE;
  if (!isForgotten) assert.equal(ledTo.size, sends.size, 'sends that no message leads to');
}

const isFailure = ({ kind }: Cell, index: number) => kind === 'dead letter' || (kind === 'retry' && index === 0);

function sourceOf(evidence: Evidence, process: OtlpSpan | undefined, sends: readonly OtlpSpan[]): OtlpSpan {
  assert.ok(process, 'no span of a consumer around the handler');
  const source = evidence.sourcesOf(process).find(span => sends.includes(span));
  assert.ok(source, `${process.name} leads to none of ${sends.map(({ name }) => name).join()}`);
  return source;
}

/** Ours link an attempt to the one before. */
function assertAttempts(processes: readonly (OtlpSpan | undefined)[]): void {
  for (const [index, process] of processes.entries()) {
    if (index === 0) continue;
    const link = process!.links.find(({ attributes }) => attributes['link.type'] === 'previous-attempt');
    assert.equal(link?.spanId, processes[index - 1]!.spanId, 'no link to the attempt before');
  }
}

/** A dead letter that an app has sent leads to that send and so on to the first; one that the broker has moved, to the first. */
function judgeDeadLetter(
  { cell, run, evidence }: Case,
  process: OtlpSpan | undefined,
  sends: readonly OtlpSpan[],
): void {
  assert.ok(process, 'no span of a consumer around the handler of dead letters');
  const giver = cell.direction === 'from Node' ? cell.peer.name : NODE;
  const isSentAgain = (span: OtlpSpan) => serviceOf(span) === giver && span.kind === 'PRODUCER';
  const source = evidence
    .sourcesOf(process)
    .find(span => (cell.peer.system === 'kafka' ? isSentAgain(span) : sends.includes(span)));
  assert.ok(source, `${process.name} does not lead to where the dead letter was sent`);
  assert.ok(evidence.leads(source, sends), `${process.name} does not lead to the first send`);
  if (cell.direction === 'from Node') assert.equal(process.attributes['dlq.original_queue'], run.queue);
}
