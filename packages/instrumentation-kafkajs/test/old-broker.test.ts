import * as assert from 'node:assert/strict';
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { KafkaJsInstrumentation } from '@queuetrace/instrumentation-kafkajs';
import { telemetry } from '@queuetrace/test-utils';
import { withEmbeddedKafka, withKafka } from './kafka';

describe('kafkajs with a broker of before headers (embedded only: no real one here is that old)', () => {
  const broker = withEmbeddedKafka({ messageFormat: 1 });
  const [instrumentation] = telemetry.register(new KafkaJsInstrumentation());
  const kafka = withKafka(broker);
  const warnings: string[] = [];

  before(() => {
    const silent = () => {};
    const warn = (line: string) => void warnings.push(line);
    const logger = { error: silent, warn, info: silent, debug: silent, verbose: silent };
    diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  });
  after(() => {
    diag.disable();
    instrumentation.setConfig({});
  });

  it('sends and consumes, and one line says that no context gets through', async () => {
    const topic = await kafka.topic();
    const producer = await kafka.producer();
    const headers = { source: 'web' };
    const messages = [
      { key: 'order-1', value: '1', headers },
      { key: 'order-2', value: '2', headers },
    ];
    await producer.send({ topic, messages });
    await producer.send({ topic, messages: [{ value: null }] });
    const seen: unknown[] = [];
    await kafka.consume(topic, { eachMessage: async ({ message }) => void seen.push(String(message.key)) });
    const spans = await telemetry.waitForSpans(5);
    assert.deepEqual(seen, ['order-1', 'order-2', 'null']);
    assert.deepEqual(
      spans.map(span => [span.name, span.attributes['messaging.kafka.offset']]),
      [
        [`send ${topic}`, undefined],
        [`send ${topic}`, 2],
        [`process ${topic}`, 0],
        [`process ${topic}`, 1],
        [`process ${topic}`, 2],
      ],
    );
    assert.deepEqual(
      spans.slice(2).map(span => [span.parentSpanContext, span.links.length]),
      [0, 1, 2].map(() => [undefined, 0]),
    );
    const told = warnings.filter(line => line.includes('takes no headers'));
    assert.equal(told.length, 1, warnings.join('\n'));
    assert.match(told[0], new RegExp(`broker 127\\.0\\.0\\.1:${broker.port} `));
  });
});
