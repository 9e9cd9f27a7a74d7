import assert from 'node:assert/strict';
import { Links } from '../src/links';
import { AttributeWriter } from '../src/attribute-writer';

const writer = new AttributeWriter(['1.44']);
const context = (n: number) => ({ traceId: 'a'.repeat(32), spanId: n.toString(16).padStart(16, '0'), traceFlags: 1 });

describe('the links of a span', () => {
  it('are one for each distinct context, with the attributes of its message', () => {
    const links = new Links(index => ({ kafkaOffset: index }));
    links.addCreation(context(1), 1);
    links.addCreation(context(2), 2);
    assert.deepEqual(links.build(writer, 10), [
      { context: context(1), attributes: { 'link.type': 'creation', 'messaging.kafka.offset': 1 } },
      { context: context(2), attributes: { 'link.type': 'creation', 'messaging.kafka.offset': 2 } },
    ]);
  });

  it('carry a count instead where several messages share one context', () => {
    const links = new Links(index => ({ kafkaOffset: index }));
    for (const index of [1, 2, 3]) links.addCreation(context(1), index);
    assert.deepEqual(
      links.build(writer, 10).map(link => link.attributes),
      [{ 'link.type': 'creation', 'messaging.batch.message_count': 3 }],
    );
  });

  it('keep apart spans of different traces that have one id', () => {
    const links = new Links();
    const traces = ['a', 'b', 'c'].map(letter => ({ ...context(1), traceId: letter.repeat(32) }));
    for (const one of [...traces, context(2), ...traces]) links.addCreation(one);
    assert.deepEqual(
      links
        .build(writer, 10)
        .map(({ context: { traceId, spanId }, attributes }) => [
          traceId[0] + Number(spanId),
          attributes?.['messaging.batch.message_count'],
        ]),
      [
        ['a1', 2],
        ['b1', 2],
        ['c1', 2],
        ['a2', undefined],
      ],
    );
  });

  it('beyond the cap are counted, and those that tell the story come first', () => {
    const links = new Links();
    for (let n = 1; n <= 5; n++) links.addCreation(context(n));
    links.add(context(9), 'fan-out-source');
    assert.deepEqual(
      links.build(writer, 2).map(link => link.attributes?.['link.type']),
      ['fan-out-source', 'creation'],
    );
    assert.equal(links.beyond(2), 4);
  });

  it('are none for messages without a context', () => {
    const links = new Links();
    links.addCreation(undefined);
    links.add(undefined);
    assert.deepEqual(links.build(writer, 10), []);
  });
});
