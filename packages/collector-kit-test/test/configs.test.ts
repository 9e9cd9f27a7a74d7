import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { withBinaries } from '../src/binaries';
import { configOf, startCollector, validate, type Example, type Settings } from '../src/collector';

const EXAMPLES: readonly Example[] = ['gateway', 'agent', 'gateway-tier', 'agent-kafka', 'gateway-kafka'];

/** Nothing answers there: whether a Collector starts does not depend on what it sends to. */
const SETTINGS: Settings = {
  BACKEND_ENDPOINT: 'http://127.0.0.1:9',
  GATEWAYS: '[127.0.0.1:9]',
  KAFKA_BROKERS: '[127.0.0.1:9]',
};

/** Of a component: its YAML, from its key to the next of the same depth. */
function componentsOf(example: Example): Map<string, string> {
  const blocks = readFileSync(configOf(example), 'utf8')
    .replace(/^ *#.*\n/gm, '')
    .split(/^(?=\S| {2}\S)/m);
  return new Map(blocks.filter(block => block.startsWith('  ')).map(block => [block.split('\n')[0], block.trimEnd()]));
}

/** The processors of each pipeline. */
function pipelinesOf(example: Example): string[][] {
  const lists = readFileSync(configOf(example), 'utf8').matchAll(/^ {6}processors: \[(.*)\]$/gm);
  return [...lists].map(([, list]) => list.split(', '));
}

describe('examples/collector', () => {
  const binaries = withBinaries();

  for (const example of EXAMPLES) {
    it(`${example}.yaml is valid`, () => {
      const { status, output } = validate(binaries().otelcol, example, SETTINGS);
      assert.equal(output, '');
      assert.equal(status, 0);
    });

    it(`${example}.yaml starts without a warning, of a deprecated key for one`, async () => {
      const collector = await startCollector(binaries().otelcol, example, SETTINGS);
      await collector.stop();
      const records = collector.log().split('\n').filter(Boolean);
      // That nobody answers is of this test's own making.
      const told = records.filter(record => !/"level":"info"|connection refused/.test(record));
      assert.deepEqual(told, []);
      assert.match(collector.log(), /Everything is ready/);
    });

    it(`${example}.yaml limits its memory first, and batches last`, () => {
      for (const processors of pipelinesOf(example)) {
        assert.equal(processors[0], 'memory_limiter');
        const batch = processors.indexOf('batch');
        assert.ok(batch === -1 || batch === processors.length - 1, processors.join());
      }
    });
  }

  it('has the same processors and backend in every file that has them', () => {
    const [first, ...rest] = EXAMPLES.map(componentsOf);
    for (const [key, block] of rest.flatMap(components => [...components])) {
      const isPlace = /^ {2}(otlp|telemetry|pipelines|extensions):/.test(key);
      if (!isPlace && first.has(key)) assert.equal(block, first.get(key));
    }
  });
});
