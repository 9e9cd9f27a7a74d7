import type { OtlpSpan } from '@queuetrace/test-utils/build/src/otlp-receiver';
import { walkExported } from '@queuetrace/test-utils/build/src/story-walk';

type Walk = ReturnType<typeof walkExported>;

/** Each dead letter's story, walked from its own span along parents and links. */
export function deadLetterStories(spans: readonly OtlpSpan[]): string {
  const walk = walkExported(spans);
  const stories = deadLettersIn(spans).map(deadLetter => storyOf(deadLetter, walk).join('\n'));
  return ['Dead letters', ...stories].join('\n');
}

/** The spans of those who handled them, not of those who refused a message so that it became one. */
export const deadLettersIn = (spans: readonly OtlpSpan[]) =>
  spans.filter(
    ({ kind, attributes }) =>
      kind === 'CONSUMER' && attributes['dlq.original_queue'] !== undefined && attributes['dlq.action'] !== 'send',
  );

function storyOf(deadLetter: OtlpSpan, walk: Walk): string[] {
  const original = walk.linked(deadLetter, 'original-message');
  const attempts = attemptsAt(deadLetter, original, walk);
  const replays = walk.causedBy(deadLetter).filter(({ kind }) => kind === 'PRODUCER');
  const again = replays.flatMap(replay =>
    walk.causedBy(replay).filter(span => walk.parent(span) === replay && span.kind === 'CONSUMER'),
  );
  const { attributes } = deadLetter;
  return [
    `  ${String(attributes['messaging.destination.name'])}`,
    line('sent', original),
    ...attempts.map((attempt, index) => line(`attempt ${index + 1}`, attempt, outcomeOf(attempt))),
    line('dead letter', deadLetter, `${told(deadLetter)} · ${String(attributes['dlq.action'])}`),
    ...replays.map(replay => line('sent again', replay)),
    ...again.map(attempt => line('received', attempt, outcomeOf(attempt))),
  ];
}

/** By the links of one to the one before; where another process made them, by what the first send has caused. */
function attemptsAt(deadLetter: OtlpSpan, original: OtlpSpan | undefined, walk: Walk): OtlpSpan[] {
  const linked = walk.attemptsBefore(deadLetter).reverse();
  if (linked.length > 0 || !original) return linked;
  const queue = String(deadLetter.attributes['dlq.original_queue']);
  const isThere = ({ kind, attributes, startNs }: OtlpSpan) =>
    kind === 'CONSUMER' &&
    startNs < deadLetter.startNs &&
    String(attributes['messaging.destination.name']).split(':').at(-1) === queue;
  return walk
    .causedBy(original)
    .filter(isThere)
    .sort((a, b) => Number(a.startNs - b.startNs));
}

function line(what: string, span: OtlpSpan | undefined, fact = ''): string {
  const name = span ? `${span.name}  [${String(span.resource['service.name'])}]` : 'not exported';
  return `    ${what.padEnd(12)} ${name}${fact && `  ${fact}`}`;
}

const outcomeOf = ({ status }: OtlpSpan) => (status.code === 'ERROR' ? `✗ ${status.message}` : '');

function told({ attributes }: OtlpSpan): string {
  return `of ${String(attributes['dlq.original_queue'])}: ${String(attributes['dlq.error'] ?? 'reason not said')}`;
}
