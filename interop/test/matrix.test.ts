import assert from 'node:assert/strict';
import { withBroker, type System } from '@queuetrace/test-utils';
import { COLUMNS, titleOf, type Cell, type Column } from '../src/cells';
import { writeDocument } from '../src/document';
import { assertHandled, judge } from '../src/judge';
import { languages } from '../src/languages';
import { Matrix } from '../src/matrix';
import { directionsOf, PEERS, type Peer } from '../src/peers';
import { report } from '../src/report';

const SYSTEMS: Record<System, string> = { kafka: 'Kafka', rabbitmq: 'RabbitMQ', aws_sqs: 'SQS' };

/** A test for each question about messages between Node.js and these peers. */
function eachQuestion(peers: readonly Peer[], ask: (cell: Omit<Cell, 'isControl'>, column: Column) => void): void {
  for (const peer of peers) {
    for (const direction of directionsOf(peer)) {
      const columns = COLUMNS.filter(column => !peer.cannot?.(direction, column));
      if (columns.length === 0) continue;
      describe(titleOf(peer, direction), () => {
        for (const column of columns) {
          it(column.title, () => {
            let hasPassed = false;
            try {
              ask({ peer, direction, ...column }, column);
              hasPassed = true;
            } finally {
              report.tell(peer, direction, column, hasPassed);
            }
          });
        }
      });
    }
  }
}

for (const system of Object.keys(SYSTEMS) as System[]) {
  describe(`interop on ${SYSTEMS[system]}`, () => {
    const peers = PEERS.filter(peer => peer.system === system);
    const isThere = ({ language }: Peer) => languages.folders.has(language);
    const matrix = new Matrix(system, peers.filter(isThere));
    const broker = withBroker(system);

    before(function () {
      this.timeout(300_000);
      return matrix.run(broker.address, languages.folders);
    });

    for (const { name, language } of peers.filter(peer => !isThere(peer))) {
      const problem = languages.missing.get(language)!;
      // That a machine has no such toolchain is no failure.
      it(`${name}: LEFT OUT, ${problem}`, problem.startsWith('needs ') ? undefined : () => assert.fail(problem));
    }

    describe('without our instrumentation no message is led back to the span that sent it', () => {
      eachQuestion(peers.filter(isThere), (cell, { asks }) => {
        const one = matrix.caseOf({ ...cell, isControl: true });
        assertHandled(one);
        assert.throws(() => judge(one, asks), assert.AssertionError);
      });
    });

    describe('with it each message is', () => {
      eachQuestion(peers.filter(isThere), (cell, { asks }) => {
        const one = matrix.caseOf({ ...cell, isControl: false });
        assertHandled(one);
        judge(one, asks);
      });
    });
  });
}

let hasFailed = false;

afterEach(function () {
  hasFailed ||= this.currentTest?.state === 'failed';
});

after(async () => {
  if (report.hasBegun) console.log(`\n${report.table()}\n`);
  const missing = [...languages.missing].map(([language, problem]) => `!! LEFT OUT: ${language} ${problem}`);
  if (missing.length > 0) console.error(`${missing.join('\n')}\n`);
  if (report.tour && report.isComplete && !hasFailed) await writeDocument(report.tour);
});
