// What must hold of an app with any version of a client, judged by what it has exported.
'use strict';

/** Spans of a kind at a destination; kinds as in OTLP. */
const [CLIENT, PRODUCER, CONSUMER] = ['CLIENT', 'PRODUCER', 'CONSUMER'];

const at = (spans, kind, destination) =>
  spans.filter(span => span.kind === kind && span.attributes['messaging.destination.name'] === destination);

const isChildOf = (span, parents) =>
  parents.some(parent => parent.spanId === span.parentSpanId && parent.traceId === span.traceId);

const leadsTo = (span, sends) => sends.some(send => span.links.some(link => link.spanId === send.spanId));

const METRICS = [
  'messaging.client.sent.messages',
  'messaging.client.consumed.messages',
  'messaging.client.operation.duration',
];

const metrics = ({ points }, ...more) => [...METRICS, ...more].every(name => points.some(point => point.name === name));

const withError = (spans, type) => spans.filter(span => span.attributes['error.type'] === type).length;

exports.CHECKS = {
  kafkajs: {
    produce: ({ spans }, name) => at(spans, PRODUCER, `${name}-single`).length === 3,
    consume({ spans }, name) {
      const [sends, processes] = [at(spans, PRODUCER, `${name}-single`), at(spans, CONSUMER, `${name}-single`)];
      return processes.length === 4 && processes.every(one => isChildOf(one, sends) && leadsTo(one, sends));
    },
    batch({ spans }, name) {
      const [sends, processes] = [at(spans, PRODUCER, `${name}-batch`), at(spans, CONSUMER, `${name}-batch`)];
      return sends.length === 1 && processes.length === 1 && leadsTo(processes[0], sends);
    },
    error: ({ spans }, name) => withError(at(spans, CONSUMER, `${name}-single`), 'OutOfStock') === 1,
    metrics: telemetry => metrics(telemetry, 'messaging.process.duration'),
  },
  amqplib: {
    produce: ({ spans }, name) => at(spans, PRODUCER, `${name}-single`).length === 3,
    consume({ spans }, name) {
      const [sends, processes] = [at(spans, PRODUCER, `${name}-single`), at(spans, CONSUMER, `${name}-single`)];
      return processes.length === 3 && processes.every(one => isChildOf(one, sends) && leadsTo(one, sends));
    },
    batch: ({ spans }, name) => at(spans, CONSUMER, `${name}-batch`).length === 2,
    error: ({ spans }, name) => withError(at(spans, CONSUMER, `${name}-single`), 'nack') === 1,
    metrics: telemetry => metrics(telemetry, 'messaging.process.duration'),
  },
  '@aws-sdk/client-sqs': {
    produce: ({ spans }, name) => at(spans, PRODUCER, `${name}-single`).length === 1,
    consume({ spans }, name) {
      const sends = at(spans, PRODUCER, `${name}-single`);
      const isReceive = span => span.name.startsWith('receive ');
      const receives = at(spans, CLIENT, `${name}-single`).filter(isReceive);
      const processes = at(spans, CONSUMER, `${name}-single`);
      return receives.some(one => leadsTo(one, sends)) && processes.length === 1 && isChildOf(processes[0], sends);
    },
    batch({ spans }, name) {
      const sends = at(spans, PRODUCER, `${name}-batch`);
      const processes = at(spans, CONSUMER, `${name}-batch`);
      return sends.length === 1 && processes.length === 2 && processes.every(one => isChildOf(one, sends));
    },
    error: ({ spans }, name) =>
      at(spans, PRODUCER, `${name}-nowhere`).filter(span => span.attributes['error.type'] !== undefined).length === 1,
    metrics: telemetry => metrics(telemetry, 'messaging.process.duration'),
  },
};
