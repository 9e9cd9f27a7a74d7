// One send through each broker a step, with clients that live through all of them; prints who was told of what.
const amqplib = require('amqplib');
const kafkajs = require('kafkajs');
const sqs = require('@aws-sdk/client-sqs');
const { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } = require('@opentelemetry/sdk-trace');
const { InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } = require('@opentelemetry/sdk-metrics');
const { queuetrace } = require('@queuetrace/register/instrumentations');
const { kafkaOf, sqsOf } = require('./orders.cjs');

const [kafkaAddress, rabbitmqUrl, sqsUrl, name] = process.argv.slice(2);
const instrumentations = queuetrace();
const each = change => instrumentations.forEach(change);

/** Providers, and what they were told: spans since they were last asked, and the messages that were counted so far. */
function recorder() {
  const [spans, metrics] = [new InMemorySpanExporter(), new InMemoryMetricExporter(1)];
  const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] });
  const reader = new PeriodicExportingMetricReader({ exporter: metrics });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const sent = async () => {
    metrics.reset();
    await meterProvider.forceFlush();
    const told = metrics.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(scope => scope.metrics));
    const points = told
      .filter(one => one.descriptor.name === 'messaging.client.sent.messages')
      .flatMap(one => one.dataPoints);
    return points.reduce((sum, { value }) => sum + value, 0);
  };
  const told = async () => {
    const count = spans.getFinishedSpans().length;
    spans.reset();
    return [count, await sent()];
  };
  return { tracerProvider, meterProvider, told };
}

async function main() {
  const producer = kafkaOf(kafkajs, kafkaAddress).producer();
  await producer.connect();
  const connection = await amqplib.connect(rabbitmqUrl);
  const channel = await connection.createConfirmChannel();
  await channel.assertQueue(name, { autoDelete: true });
  const client = sqsOf(sqs, sqsUrl);
  const { QueueUrl } = await client.send(new sqs.CreateQueueCommand({ QueueName: name }));
  const [first, second] = [recorder(), recorder()];
  const step = async change => {
    each(change);
    await producer.send({ topic: name, messages: [{ value: 'an order' }] });
    channel.sendToQueue(name, Buffer.from('an order'));
    await channel.waitForConfirms();
    await client.send(new sqs.SendMessageCommand({ QueueUrl, MessageBody: 'an order' }));
    return [await first.told(), await second.told()];
  };
  const use =
    ({ tracerProvider, meterProvider }) =>
    one => {
      one.setTracerProvider(tracerProvider);
      one.setMeterProvider(meterProvider);
    };
  const steps = {
    'no provider': () => {},
    'the first provider': use(first),
    'the second provider': use(second),
    'switched off': one => one.disable(),
    'switched on': one => one.enable(),
    'all destinations ignored': one => one.setConfig({ ignoreDestinations: ['*'] }),
    'none ignored': one => one.setConfig({}),
    'without metrics': one => one.setConfig({ metrics: false }),
  };
  for (const [what, change] of Object.entries(steps)) console.log(JSON.stringify([what, ...(await step(change))]));
  await Promise.all([producer.disconnect(), connection.close()]);
  client.destroy();
}

void main();
