import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import path from 'node:path';
import { startEmbeddedBrokers } from '@queuetrace/demo/build/src/brokers';
import { SERVICES, startService, stopServices } from '@queuetrace/demo/build/src/shop-process';
import { startOtlpReceiver, type OtlpReceiver, type OtlpSpan } from '@queuetrace/test-utils/build/src/otlp-receiver';
import { isCollectorWanted, withBinaries } from '../src/binaries';
import { EXAMPLES, startCollector, type Collector } from '../src/collector';
import { readDashboard, scrapedMetrics } from '../src/dashboard';
import { Promcheck } from '../src/promcheck';

const ORDERS = 8;

/** Why a trace is kept at 0 %. */
const isWorthKeeping = ({ attributes, status }: OtlpSpan) =>
  status.code === 'ERROR' ||
  attributes['dlq.action'] !== undefined ||
  attributes['dlq.original_queue'] !== undefined ||
  Number(attributes['messaging.delivery_count']) >= 3;

describe('the demo through examples/collector/gateway.yaml at 0 %', () => {
  const binaries = withBinaries();
  let receiver: OtlpReceiver;
  let collector: Collector;
  let scraped: string;

  before(async function () {
    if (!isCollectorWanted()) {
      console.warn(
        '    SKIPPED, as it takes as long as all other tests of the Collector: QUEUETRACE_COLLECTOR=1 runs it',
      );
      this.skip();
    }
    receiver = await startOtlpReceiver();
    collector = await startCollector(binaries().otelcol, 'gateway', {
      BACKEND_ENDPOINT: receiver.url,
      KEEP_PERCENT: '0',
      DECISION_WAIT: '2s',
    });
    await runShop(collector.url);
    scraped = await collector.scrape();
    await collector.stop();
  });

  after(async () => {
    await collector?.stop();
    await receiver?.stop();
  });

  /** Runs the shop until a dead letter has been replayed and notified. */
  async function runShop(url: string): Promise<void> {
    const brokers = await startEmbeddedBrokers();
    const env = {
      ...brokers.env,
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_BSP_SCHEDULE_DELAY: '200',
      OTEL_METRIC_EXPORT_INTERVAL: '1000',
      OTEL_METRIC_EXPORT_TIMEOUT: '1000',
      KAFKAJS_NO_PARTITIONER_WARNING: '1',
    };
    const services: ChildProcess[] = [];
    try {
      // The replay service makes the SQS queues, and the orders service the topics: the others need them.
      for (const service of ['orders', 'replay'] as const) services.push(await startService(service, env));
      const rest = SERVICES.filter(service => service !== 'orders' && service !== 'replay');
      services.push(...(await Promise.all(rest.map(service => startService(service, env)))));
      services[0].send(ORDERS);
      await receiver.waitFor(({ spans }) => hasReplay(spans.call(receiver)));
    } finally {
      await stopServices(services);
      await brokers.stop();
    }
  }

  const hasReplay = (spans: readonly OtlpSpan[]) => {
    const replayed = spans.filter(({ attributes }) => attributes['dlq.action'] === 'retry');
    return replayed.some(({ traceId }) =>
      spans.some(span => span.traceId === traceId && span.name === 'process notifications'),
    );
  };

  it('keeps the orders that became dead letters', () => {
    assert.ok(receiver.spans().some(({ attributes }) => attributes['dlq.original_queue'] === 'shipping'));
  });

  it('drops the orders with which nothing was wrong', () => {
    const ordered = receiver
      .spans()
      .filter(span => span.name === 'send orders' && span.resource['service.name'] === 'orders');
    assert.ok(ordered.length > 0 && ordered.length < ORDERS, `${ordered.length} of ${ORDERS} orders`);
  });

  it('keeps nothing without a reason', () => {
    const worth = new Set(
      receiver
        .spans()
        .filter(isWorthKeeping)
        .map(({ traceId }) => traceId),
    );
    assert.deepEqual(
      receiver
        .spans()
        .filter(({ traceId }) => !worth.has(traceId))
        .map(({ name }) => name),
      [],
    );
  });

  it('offers what examples/dashboards asks for', () => {
    const promcheck = new Promcheck(binaries().promcheck);
    const alerts = promcheck.rules(path.join(EXAMPLES, 'dashboards/alerts.yaml')).map(({ expr }) => expr);
    const { exprs } = readDashboard(path.join(EXAMPLES, 'dashboards/queues.json'));
    const offered = scrapedMetrics(scraped);
    for (const { expr, selectors } of promcheck.expressions([...exprs, ...alerts])) {
      for (const { metric, labels } of selectors) {
        const known = offered.get(metric);
        assert.ok(known, `no ${metric} of ${expr}`);
        // In the demo all messages are sent: nothing has failed so.
        const unknown = labels.filter(label => !known.has(label) && label !== 'error_type');
        assert.deepEqual(unknown, [], expr);
      }
    }
  });
});
