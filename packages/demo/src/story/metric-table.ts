import type { OtlpPoint } from '@queuetrace/test-utils/build/src/otlp-receiver';

interface Row {
  destination: string;
  service: string;
  sent: number;
  consumed: number;
  failed: number;
  queueTime: Times;
  processing: Times;
}

interface Times {
  count: number;
  sum: number;
}

/** The last state of each cumulative series, summed by destination and service. */
export function metricTable(points: readonly OtlpPoint[]): string {
  const rows = new Map<string, Row>();
  for (const point of lastPoints(points)) add(rows, point);
  const cells = [...rows.values()]
    .filter(row => row.sent + row.consumed > 0)
    .sort(byName)
    .map(toCells);
  return ['Queue metrics', ...align([HEADER, ...cells])].join('\n');
}

const HEADER = ['destination', 'service', 'sent', 'consumed', 'failed', 'queue time', 'processing time'];
const byName = (a: Row, b: Row) => a.destination.localeCompare(b.destination) || a.service.localeCompare(b.service);

function lastPoints(points: readonly OtlpPoint[]): Iterable<OtlpPoint> {
  const bySeries = new Map<string, OtlpPoint>();
  for (const point of points) {
    const instance =
      point.resource['service.instance.id'] ?? point.resource['process.pid'] ?? point.resource['service.name'];
    bySeries.set(JSON.stringify([instance, point.name, point.attributes]), point);
  }
  return bySeries.values();
}

function add(rows: Map<string, Row>, { name, attributes, resource, value }: OtlpPoint): void {
  const destination = String(attributes['messaging.destination.name'] ?? '(generated)');
  const service = String(resource['service.name']);
  const key = `${destination}\0${service}`;
  const row = rows.get(key) ?? {
    destination,
    service,
    sent: 0,
    consumed: 0,
    failed: 0,
    queueTime: none(),
    processing: none(),
  };
  rows.set(key, row);
  if (name === 'messaging.client.sent.messages') row.sent += Number(value);
  if (name === 'messaging.client.consumed.messages') row.consumed += Number(value);
  if (typeof value === 'number') return;
  if (name === 'messaging.queue_time') addTimes(row.queueTime, value);
  if (name === 'messaging.process.duration') {
    addTimes(row.processing, { count: value.count, sum: value.sum * 1000 });
    if (attributes['error.type'] !== undefined) row.failed += value.count;
  }
}

const none = (): Times => ({ count: 0, sum: 0 });

function addTimes(times: Times, { count, sum }: Times): void {
  times.count += count;
  times.sum += sum;
}

const mean = ({ count, sum }: Times) => (count === 0 ? '–' : `${(sum / count).toFixed(1)} ms`);

const toCells = ({ destination, service, sent, consumed, failed, queueTime, processing }: Row) => [
  destination,
  service,
  ...[sent, consumed, failed].map(count => (count === 0 ? '–' : String(count))),
  mean(queueTime),
  mean(processing),
];

function align(rows: readonly string[][]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map(row => row[column].length)));
  return rows.map(
    row =>
      `  ${row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd()}`,
  );
}
