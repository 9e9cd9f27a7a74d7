import assert from 'node:assert/strict';
import { withBroker } from '@queuetrace/test-utils';
import { serviceOf } from '../src/evidence';
import { languages } from '../src/languages';
import { report } from '../src/report';
import { Tour, TOUR_LANGUAGES } from '../src/tour';

describe('an order that goes from Spring through Kafka to Node, and through RabbitMQ to Pika', () => {
  const { folders } = languages;
  const kafka = withBroker('kafka');
  const rabbitmq = withBroker('rabbitmq');
  const [tour, control] = [new Tour(false), new Tour(true)];

  before(function () {
    if (!TOUR_LANGUAGES.every(language => folders.has(language))) this.skip();
    this.timeout(300_000);
    const addresses = { kafka: kafka.address, rabbitmq: rabbitmq.address };
    return Promise.all([tour, control].map(one => one.run(addresses, folders)));
  });

  it('is one trace with one baggage, span by span', () => {
    const handles = tour.evidence.handlesOf(tour.message);
    assert.deepEqual(handles.map(serviceOf), ['node', 'node', 'Pika']);
    const baggage = handles.map(({ attributes }) => `tenant=${String(attributes['app.tenant'])}`);
    assert.deepEqual(new Set(baggage), new Set([tour.incoming.baggage]));
    const way = tour.evidence.withAncestors(handles.at(-1)!).map(span => `${span.kind} ${String(serviceOf(span))}`);
    assert.deepEqual(way, [
      'INTERNAL Pika',
      'CONSUMER Pika',
      'PRODUCER node',
      'CONSUMER node',
      'PRODUCER Spring Kafka',
      'INTERNAL Spring Kafka',
    ]);
  });

  it('is several without our instrumentation', () => {
    const handles = control.evidence.handlesOf(control.message);
    assert.deepEqual(handles.map(serviceOf), ['node', 'node', 'Pika']);
    assert.equal(new Set(control.evidence.tracesOf([control.message]).map(({ traceId }) => traceId)).size, 4);
  });

  after(() => {
    report.tour = { tree: tour.tree(), without: control.tree() };
    console.log(`\n${tour.tree()}\n`);
  });
});
