import type { OtlpSpan } from '@queuetrace/test-utils';
import assert from 'node:assert/strict';
import type { Cell, Column } from './cells';
import { serviceOf, type Evidence } from './evidence';
import { NODE } from './programs';
import { traceTree } from './trace-tree';
import { FAILURES, type Run } from './run-cell';

/** A cell that has run, with what was exported meanwhile. */
export interface Case {
  readonly cell: Cell;
  readonly run: Run;
  readonly evidence: Evidence;
}

/** Fails unless the apps themselves have sent and handled the messages: nothing can be said otherwise. */
export function assertHandled({ cell, run, evidence }: Case): void {
  // Of these it is enough that the programs have answered.
  if (cell.kind === 'unsampled') return;
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
  if (asks === 'trace') return new TraceJudge(one).judge();
  const { run, evidence } = one;
  // What whoever began the trace has decided holds for all: nobody exports anything.
  if (asks === 'sampling') return assert.deepEqual(evidence.tracesOf(run.messages), []);
  for (const message of run.messages)
    for (const handle of evidence.handlesOf(message)) QUESTIONS[asks](handle, run, evidence);
}

/** What crossed beside the trace. */
const QUESTIONS: Record<'baggage' | 'tracestate', (handle: OtlpSpan, run: Run, evidence: Evidence) => void> = {
  baggage: ({ attributes }, { incoming }) =>
    assert.equal(`tenant=${String(attributes['app.tenant'])}`, incoming.baggage),
  tracestate(handle, { incoming }, evidence) {
    const links = evidence.processOf(handle)?.links ?? [];
    assert.ok([handle, ...links].some(({ traceState }) => traceState === incoming.tracestate));
  },
};

/** Every message is led back to the very span that sent it: by the parent of the span that processed it, or by a link. */
class TraceJudge {
  private readonly _sender: string;
  private readonly _receiver: string;

  constructor(private readonly _case: Case) {
    const { direction, peer } = _case.cell;
    [this._sender, this._receiver] = direction === 'from Node' ? [NODE, peer.name] : [peer.name, NODE];
  }

  judge(): void {
    const { run, evidence } = this._case;
    const ledTo = new Set(run.messages.flatMap(message => this._judgeMessage(message)));
    const sends = new Set(run.messages.flatMap(message => evidence.sendsOf(message)));
    if (this._case.cell.kind === 'batch' && this._receiver === NODE) this._assertBatch([...sends]);
    // Where each message has a send span of its own, none is taken for another's.
    if (!this._isForgotten(0)) assert.equal(ledTo.size, sends.size, 'sends that no message leads to');
  }

  /** The sends that its attempts lead to. */
  private _judgeMessage(message: string): OtlpSpan[] {
    const { evidence } = this._case;
    const sends = evidence.sendsOf(message);
    assert.ok(sends.length > 0, 'no span of a send');
    const attempts = this._processesOf(message, this._receiver);
    if (this._receiver === NODE) this._assertAttempts(attempts);
    for (const process of this._processesOf(message, this._sender)) this._judgeDeadLetter(process, sends);
    return attempts.flatMap((process, index) =>
      this._isForgotten(index) ? [] : this._sourceOf(process, index, sends),
    );
  }

  private _processesOf(message: string, service: string): (OtlpSpan | undefined)[] {
    const { evidence } = this._case;
    const handles = evidence.handlesOf(message).filter(handle => serviceOf(handle) === service);
    return handles.map(handle => evidence.processOf(handle));
  }

  /** Of an attempt that failed a peer may export nothing. */
  private _isForgotten(attempt: number): boolean {
    const { kind, peer } = this._case.cell;
    if (!peer.forgetsFailures || this._receiver === NODE) return false;
    return kind === 'dead letter' || (kind === 'retry' && attempt === 0);
  }

  private _sourceOf(process: OtlpSpan | undefined, attempt: number, sends: readonly OtlpSpan[]): OtlpSpan[] {
    const { cell, evidence } = this._case;
    assert.ok(process, 'no span of a consumer around the handler');
    const complaint = `${process.name} leads to none of ${sends.map(({ name }) => name).join()}`;
    if (attempt > 0 && cell.peer.sendsRetries) {
      assert.ok(evidence.leads(process, sends), complaint);
      return [];
    }
    const source = evidence.sourcesOf(process).find(span => sends.includes(span));
    assert.ok(source, complaint);
    return [source];
  }

  /** Of ours the span of what was received together links to them all; RabbitMQ gives one message at a time. */
  private _assertBatch(sends: readonly OtlpSpan[]): void {
    const { cell, evidence } = this._case;
    if (cell.peer.system !== 'rabbitmq') assert.ok(evidence.linksToAll(sends, NODE), 'no span that links to the batch');
  }

  /** Ours link an attempt to the one before. */
  private _assertAttempts(processes: readonly (OtlpSpan | undefined)[]): void {
    for (const [index, process] of processes.slice(1).entries()) {
      const link = process?.links.find(({ attributes }) => attributes['link.type'] === 'previous-attempt');
      assert.ok(link, 'no link to the attempt before');
      assert.equal(link.spanId, processes[index]?.spanId);
    }
  }

  /** One that an app has sent leads to that send and so on to the first; one that the broker has moved, to the first. */
  private _judgeDeadLetter(process: OtlpSpan | undefined, sends: readonly OtlpSpan[]): void {
    const { cell, run, evidence } = this._case;
    assert.ok(process, 'no span of a consumer around the handler of dead letters');
    const isSentAgain = (span: OtlpSpan) => serviceOf(span) === this._receiver && span.kind === 'PRODUCER';
    const isMoved = cell.peer.system !== 'kafka';
    const source = evidence.sourcesOf(process).find(span => (isMoved ? sends.includes(span) : isSentAgain(span)));
    assert.ok(source, `${process.name} does not lead to where the dead letter was sent`);
    assert.ok(evidence.leads(source, sends), `${process.name} does not lead to the first send`);
    if (cell.direction === 'to Node') return;
    assert.equal(process.attributes['dlq.original_queue'], run.queue);
    // A broker that moves a message does not know why the app has refused it.
    if (!isMoved) assert.match(String(process.attributes['dlq.error']), /the order is refused$/);
    if (cell.peer.sendsRetries) assert.equal(process.attributes['dlq.retry_count'], FAILURES);
  }
}
