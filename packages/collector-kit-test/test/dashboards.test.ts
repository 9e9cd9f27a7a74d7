import assert from 'node:assert/strict';
import path from 'node:path';
import { metricRules, ownMetrics } from '@queuetrace/test-utils/build/src/convention-table';
import { withBinaries } from '../src/binaries';
import { EXAMPLES, startCollector } from '../src/collector';
import { readDashboard, scrapedMetrics } from '../src/dashboard';
import { sendMetrics, type MetricOptions } from '../src/otlp-json';
import { Promcheck, type Rule } from '../src/promcheck';

const QUEUES = path.join(EXAMPLES, 'dashboards/queues.json');
const ALERTS = path.join(EXAMPLES, 'dashboards/alerts.yaml');

const OF_ALL = { 'messaging.system': 'kafka', 'messaging.destination.name': 'orders' };
const OF_CONSUMERS = { 'messaging.destination.partition.id': '0', 'messaging.consumer.group.name': 'billing' };

/** Every metric of queuetrace, as its SDK would send it. */
function allMetrics(): MetricOptions[] {
  const attributes = { ...OF_ALL, ...OF_CONSUMERS, 'messaging.operation.name': 'process', 'error.type': 'TypeError' };
  const conventional = metricRules.map(({ name, unit, instrument }) => ({ name, unit, type: instrument, attributes }));
  const own = Object.entries(ownMetrics).map(
    ([
      name,
      {
        unit,
        types: [type],
      },
    ]) => ({ name, unit, type, attributes }),
  );
  return [...conventional, ...own].map(metric =>
    metric.name === 'messaging.kafka.consumer.lag'
      ? { ...metric, type: 'gauge', attributes: { ...OF_ALL, ...OF_CONSUMERS } }
      : (metric as MetricOptions),
  );
}

describe('examples/dashboards', () => {
  const binaries = withBinaries();
  let promcheck: Promcheck;
  let rules: readonly Rule[];
  let offered: Map<string, Set<string>>;

  before(async () => {
    promcheck = new Promcheck(binaries().promcheck);
    rules = promcheck.rules(ALERTS);
    const collector = await startCollector(binaries().otelcol, 'gateway', { BACKEND_ENDPOINT: 'http://127.0.0.1:9' });
    try {
      await sendMetrics(collector.url, 'billing', allMetrics());
      do offered = scrapedMetrics(await collector.scrape());
      while (!offered.has('target_info'));
    } finally {
      await collector.stop();
    }
  });

  /** Every series that an expression reads, and every label it reads of them, is offered by the Collector. */
  function assertOffered(exprs: readonly string[]): void {
    for (const { expr, selectors, grouping } of promcheck.expressions(exprs)) {
      assert.notEqual(selectors.length, 0, expr);
      for (const { metric, labels } of selectors) {
        const known = offered.get(metric);
        assert.ok(known, `no ${metric} of ${expr} in\n${[...offered.keys()].join('\n')}`);
        const unknown = [...labels, ...grouping].filter(label => !known.has(label) && label !== 'le');
        assert.deepEqual(unknown, [], expr);
      }
    }
  }

  it('queues.json asks for series that the Collector offers', () => {
    const { exprs } = readDashboard(QUEUES);
    assert.ok(exprs.length > 15);
    assertOffered(exprs);
  });

  it('queues.json chooses by labels that the Collector offers', () => {
    for (const variable of readDashboard(QUEUES).variables) {
      assert.ok(variable);
      assert.ok(offered.get(variable[0])?.has(variable[1]), variable.join());
    }
  });

  it('queues.json shows each metric of queuetrace', () => {
    const read = promcheck.expressions(readDashboard(QUEUES).exprs).flatMap(({ selectors }) => selectors);
    const families = new Set(read.map(({ metric }) => metric.replace(/_(bucket|count|sum)$/, '')));
    assert.deepEqual([...families].sort(), [
      'messaging_client_consumed_messages_total',
      'messaging_client_dead_lettered_messages_total',
      'messaging_client_inflight_messages',
      'messaging_client_operation_duration_seconds',
      'messaging_client_redelivered_messages_total',
      'messaging_client_sent_messages_total',
      'messaging_kafka_consumer_lag',
      'messaging_process_duration_seconds',
      'messaging_queue_time_milliseconds',
    ]);
  });

  it('queues.json has its panels side by side, with ids of their own', () => {
    const { panels } = readDashboard(QUEUES);
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    assert.equal(new Set(cells).size, cells.length);
    assert.ok(panels.every(({ gridPos: { x, w } }) => x + w <= 24));
  });

  it('alerts.yaml asks for series that the Collector offers', () => {
    assertOffered(rules.map(({ expr }) => expr));
  });

  /** Where the alert would fire, 7 h after the first sample. */
  function firing(alert: string, series: readonly string[], atSeconds = 7 * 3600): string[] {
    const rule = rules.find(({ name }) => name === alert);
    assert.ok(rule, alert);
    const [samples] = promcheck.evaluate({ series, stepSeconds: 60, atSeconds, exprs: [rule.expr] });
    return samples.map(({ labels }) => labels.messaging_destination_name).sort();
  }

  /** Of 100 messages a minute `inTime` wait at most a minute, for 7 h; in the last hour other ones may. */
  function queueTimes(destination: string, inTime: number, inTimeAtLast = inTime, le = '60000'): string[] {
    const labels = `messaging_destination_name="${destination}"`;
    const before = 360 * inTime;
    return [
      `messaging_queue_time_milliseconds_bucket{${labels}, le="${le}"} 0+${inTime}x360 ${before + inTimeAtLast}+${inTimeAtLast}x60`,
      `messaging_queue_time_milliseconds_bucket{${labels}, le="+Inf"} 0+100x420`,
      `messaging_queue_time_milliseconds_count{${labels}} 0+100x420`,
    ];
  }

  it('QueueTimeBudgetBurnsFast fires where 1 of 5 messages of the last hour waited too long, not where 1 of 10 did', () => {
    const series = [
      ...queueTimes('slow', 100, 80, '60000.0'),
      ...queueTimes('so-so', 100, 90),
      ...queueTimes('ok', 100),
    ];
    assert.deepEqual(firing('QueueTimeBudgetBurnsFast', series), ['slow']);
  });

  it('QueueTimeBudgetBurnsSlowly fires where 1 of 10 messages of six hours waited too long, not where 1 of 50 did', () => {
    const series = [...queueTimes('slow', 90), ...queueTimes('so-so', 98), ...queueTimes('over', 80, 100)];
    assert.deepEqual(firing('QueueTimeBudgetBurnsSlowly', series), ['slow']);
  });

  const deadLetters = (destination: string, values: string) =>
    `messaging_client_dead_lettered_messages_total{messaging_destination_name="${destination}"} ${values}`;

  it('DeadLetters fires at the first dead letter of a process and at later ones, not at old ones', () => {
    const series = [deadLetters('first', '_x416 1x3'), deadLetters('more', '5x415 6x4'), deadLetters('old', '7x420')];
    assert.deepEqual(firing('DeadLetters', series), ['first', 'more']);
  });

  it('DeadLetters tells a dead letter once that was sent and consumed', () => {
    const by = (operation: string) =>
      `messaging_client_dead_lettered_messages_total{messaging_destination_name="orders.dlq", messaging_operation_name="${operation}"} 0x411 1x9`;
    const exprs = [rules.find(({ name }) => name === 'DeadLetters')!.expr];
    const [[sample]] = promcheck.evaluate({
      series: [by('send'), by('process')],
      stepSeconds: 60,
      atSeconds: 7 * 3600,
      exprs,
    });
    assert.equal(Math.round(Number(sample.value)), 1);
  });

  it('DeadLettersRising fires where they come much faster than before, not where they always come', () => {
    const series = [deadLetters('rising', '0x405 1+1x14'), deadLetters('always', '0+1x420')];
    assert.deepEqual(firing('DeadLettersRising', series), ['rising']);
  });

  it('ConsumerLagGrowing fires where a large lag grows, not where one shrinks or a small one grows', () => {
    const lag = (topic: string, values: string, instance = 'a') =>
      `messaging_kafka_consumer_lag{messaging_destination_name="${topic}", messaging_consumer_group_name="billing", messaging_destination_partition_id="0", instance="${instance}"} ${values}`;
    const series = [
      lag('growing', '0+10x420'),
      lag('shrinking', '90000-10x420'),
      lag('small', '0+1x420'),
      // Told twice while it moves to another consumer.
      lag('moving', '500+1x420'),
      lag('moving', '500+1x420', 'b'),
    ];
    assert.deepEqual(firing('ConsumerLagGrowing', series), ['growing']);
  });

  it('alerts.yaml names the destination in each summary', () => {
    for (const { name, annotations } of rules)
      assert.match(annotations?.summary ?? '', /messaging_destination_name/, name);
  });
});
