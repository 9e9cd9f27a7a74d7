import * as assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { startOtlpReceiver, type OtlpReceiver } from '@queuetrace/test-utils';
import { logsProtobuf, metricsJson, metricsProtobuf, tracesJson, tracesProtobuf } from './otlp-requests';

const PROTOBUF = { 'content-type': 'application/x-protobuf' };
const JSON_TYPE = { 'content-type': 'application/json' };

describe('OTLP receiver', () => {
  let receiver: OtlpReceiver;

  beforeEach(async () => {
    receiver = await startOtlpReceiver();
  });

  afterEach(() => receiver.stop());

  async function post(signal: string, body: Buffer | string, headers: Record<string, string>): Promise<Response> {
    const response = await fetch(`${receiver.url}/v1/${signal}`, { method: 'POST', body, headers });
    await response.arrayBuffer();
    return response;
  }

  const traces = [
    { format: 'protobuf', body: tracesProtobuf, headers: PROTOBUF },
    {
      format: 'gzipped protobuf',
      body: gzipSync(tracesProtobuf),
      headers: { ...PROTOBUF, 'content-encoding': 'gzip' },
    },
    { format: 'JSON', body: JSON.stringify(tracesJson), headers: JSON_TYPE },
  ];

  for (const { format, body, headers } of traces) {
    it(`reads spans from ${format}`, async () => {
      const response = await post('traces', body, headers);
      assert.equal(response.status, 200);
      assert.equal(response.headers.get('content-type'), headers['content-type']);
      const [child, parent] = receiver.spans();
      assert.deepEqual(
        { ...parent, traceId: '', spanId: '' },
        {
          traceId: '',
          spanId: '',
          traceState: '',
          parentSpanId: '',
          name: 'send orders',
          kind: 'PRODUCER',
          attributes: { s: 'text', i: 42, neg: -7, d: 1.5, b: true, off: false, list: ['a', 'b'], nums: [1, 2] },
          links: [],
          events: [],
          status: { code: 'UNSET', message: '' },
          startNs: 1_700_000_000_000_000_000n,
          endNs: 1_700_000_000_008_000_000n,
          resource: { 'service.name': 'orders' },
          scope: '@queuetrace/x',
        },
      );
      assert.match(parent.traceId, /^[0-9a-f]{32}$/);
      assert.match(parent.spanId, /^[0-9a-f]{16}$/);
      assert.equal(child.parentSpanId, parent.spanId);
      assert.equal(child.kind, 'CONSUMER');
      assert.deepEqual(child.links, [
        {
          traceId: parent.traceId,
          spanId: parent.spanId,
          traceState: '',
          attributes: { 'link.type': 'creation' },
        },
      ]);
      assert.deepEqual(child.status, { code: 'ERROR', message: 'boom' });
      assert.equal(child.events[0].attributes['exception.type'], 'RangeError');
    });
  }

  const metrics = [
    { format: 'protobuf', body: metricsProtobuf, headers: PROTOBUF },
    { format: 'JSON', body: JSON.stringify(metricsJson), headers: JSON_TYPE },
  ];

  for (const { format, body, headers } of metrics) {
    it(`reads metric points from ${format}`, async () => {
      await post('metrics', body, headers);
      const points = receiver.metrics().map(({ name, unit, type, value }) => ({ name, unit, type, value }));
      assert.deepEqual(points, [
        { name: 'sent', unit: '{message}', type: 'counter', value: 3 },
        { name: 'inflight', unit: '', type: 'up_down_counter', value: -2 },
        { name: 'lag', unit: '', type: 'gauge', value: 2.5 },
        { name: 'duration', unit: 's', type: 'histogram', value: { count: 2, sum: 2.5, min: 0.5, max: 2 } },
      ]);
      assert.deepEqual(receiver.metrics()[0].attributes, { a: 'x' });
      assert.deepEqual(receiver.metrics()[0].resource, { 'service.name': 'orders' });
    });
  }

  it('reads log records', async () => {
    await post('logs', logsProtobuf, PROTOBUF);
    const [log] = receiver.logs();
    assert.equal(log.eventName, 'messaging.process.exception');
    assert.equal(log.body, 'boom');
    assert.deepEqual(log.attributes, { 'exception.type': 'RangeError' });
  });

  it('fails as it is told, and counts the requests', async () => {
    receiver.fail(503);
    assert.equal((await post('traces', tracesProtobuf, PROTOBUF)).status, 503);
    receiver.fail(undefined);
    assert.equal((await post('traces', tracesProtobuf, PROTOBUF)).status, 200);
    assert.equal(receiver.spans().length, 2);
    assert.deepEqual(receiver.requests(), { traces: 2, metrics: 0, logs: 0 });
  });

  it('hangs, and stops all the same', async () => {
    receiver.fail('hang');
    const hanging = assert.rejects(post('traces', tracesProtobuf, PROTOBUF));
    await receiver.waitFor(it => it.requests().traces === 1);
    await receiver.stop();
    await hanging;
  });

  it('refuses what it cannot read', async () => {
    assert.equal((await post('traces', tracesProtobuf.subarray(0, 100), PROTOBUF)).status, 400);
    assert.equal((await post('traces', '{', JSON_TYPE)).status, 400);
    assert.equal((await post('profiles', '{}', JSON_TYPE)).status, 404);
  });

  it('tells what arrived when the awaited did not', async () => {
    await post('traces', tracesProtobuf, PROTOBUF);
    await assert.rejects(
      receiver.waitFor(() => false, 50),
      /CONSUMER process orders \(orders\)/,
    );
  });
});
