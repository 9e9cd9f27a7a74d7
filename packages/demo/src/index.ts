/** The demo: an order shop over three brokers, and what queuetrace tells of it. */
import { startOtlpReceiver } from '@queuetrace/test-utils/build/src/otlp-receiver';
import type { ChildProcess } from 'node:child_process';
import { parseArgs } from 'node:util';
import { realBrokers, startEmbeddedBrokers } from './brokers';
import { isComplete, progressOf } from './progress';
import { startService, stopServices, SERVICES, type Service } from './shop-process';
import { batchesOf } from './story/batches';
import { deadLetterStories } from './story/dead-letters';
import { metricTable } from './story/metric-table';
import { orderTraces } from './story/order-traces';

const ORDERS = 8;
const GIVE_UP_AFTER_MS = 90_000;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { brokers: { type: 'string', default: 'embedded' } } });
  if (values.brokers !== 'embedded' && values.brokers !== 'real') {
    throw new Error(`--brokers is "${values.brokers}"; allowed: embedded, real`);
  }
  const brokers = values.brokers === 'real' ? realBrokers() : await startEmbeddedBrokers();
  const receiver = await startOtlpReceiver();
  const services = new Map<Service, ChildProcess>();
  try {
    const env = { ...brokers.env, ...exportTo(receiver.url) };
    // The replay service makes the SQS queues, and the orders service the topics: the others need them.
    for (const service of ['orders', 'replay'] as const) services.set(service, await startService(service, env));
    const rest = SERVICES.filter(service => !services.has(service));
    await Promise.all(rest.map(async service => services.set(service, await startService(service, env))));
    console.log(`Services: ${SERVICES.join(', ')}; each is node --require @queuetrace/register <service>`);
    services.get('orders')?.send(ORDERS);
    const report = setInterval(() => tellProgress(progressOf(receiver.spans(), ORDERS)), 1000);
    await receiver
      .waitFor(({ spans }) => isComplete(spans.call(receiver), ORDERS), GIVE_UP_AFTER_MS)
      .finally(() => clearInterval(report));
    tellProgress(progressOf(receiver.spans(), ORDERS));
  } finally {
    await stopServices(services.values());
    await receiver.stop();
    await brokers.stop();
  }
  console.log(
    `\n${orderTraces(receiver.spans())}\n\n${deadLetterStories(receiver.spans())}\n\n${batchesOf(receiver.spans())}\n\n${metricTable(receiver.metrics())}`,
  );
}

let lastProgress = '';

function tellProgress(progress: string): void {
  if (progress !== lastProgress) console.log(progress);
  lastProgress = progress;
}

/** All that a service's operator sets; everything else is queuetrace's default. */
const exportTo = (url: string) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: url,
  OTEL_BSP_SCHEDULE_DELAY: '200',
  OTEL_METRIC_EXPORT_INTERVAL: '1000',
  OTEL_METRIC_EXPORT_TIMEOUT: '1000',
  KAFKAJS_NO_PARTITIONER_WARNING: '1',
});

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
