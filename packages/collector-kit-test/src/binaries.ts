/** The Collector and the rule checker that build-collector.sh builds; without them the tests are skipped, loudly. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

export interface Binaries {
  readonly otelcol: string;
  readonly promcheck: string;
}

const PACKAGE = path.resolve(__dirname, '../..');
const SCRIPT = path.join(PACKAGE, 'build-collector.sh');
const COMMAND = path.relative(path.resolve(PACKAGE, '../..'), SCRIPT);
const BUILD_TIMEOUT_MS = 60 * 60_000;
/** The script's word for: the sources are not to be had. */
const NO_MODULES = 75;

type Outcome = { binaries: Binaries } | { missing: string } | { failed: string };

/** Found out once a run. */
let outcome: Outcome | undefined;

/** Set where its tests are what the run is for: what is missing is built, and nothing is left out. */
export const isCollectorWanted = () => process.env.QUEUETRACE_COLLECTOR === '1';

/** Call it in a describe body. Before that suite's tests the binaries are found or built, or the suite is skipped. */
export function withBinaries(): () => Binaries {
  let found: Binaries | undefined;
  before(function () {
    this.timeout(BUILD_TIMEOUT_MS);
    outcome ??= findOrBuild();
    if ('failed' in outcome) throw new Error(outcome.failed);
    if ('missing' in outcome) this.skip();
    found = outcome.binaries;
  });
  return () => {
    if (!found) throw new Error('the binaries are there once the suite runs');
    return found;
  };
}

function findOrBuild(): Outcome {
  if (process.platform === 'win32') return missing('a Unix shell for build-collector.sh');
  const [otelcol, promcheck] = execFileSync(SCRIPT, ['--paths'], { encoding: 'utf8' }).split('\n');
  const isBuilt = () => existsSync(otelcol) && existsSync(promcheck);
  if (isBuilt()) return { binaries: { otelcol, promcheck } };
  if (spawnSync('go', ['version']).status !== 0) return missing('Go, to build a Collector with (https://go.dev/dl)');
  if (!isCollectorWanted()) return missing(`the Collector; build it, once and in some minutes, with ${COMMAND}`);
  console.log(`      building the Collector with ${COMMAND}; takes minutes, once`);
  const { status } = spawnSync(SCRIPT, { stdio: 'inherit' });
  if (status === NO_MODULES) return missing('the Go module proxy, for the sources of the Collector (go env GOPROXY)');
  if (status !== 0 || !isBuilt()) return { failed: `${COMMAND} failed; what it printed says why` };
  return { binaries: { otelcol, promcheck } };
}

function missing(what: string): Outcome {
  const lines = ['SKIPPED: the tests of examples/collector and examples/dashboards.', `Missing: ${what}`];
  const width = Math.max(...lines.map(line => line.length));
  const rule = `+${'-'.repeat(width + 2)}+`;
  console.warn([rule, ...lines.map(line => `| ${line.padEnd(width)} |`), rule].join('\n'));
  return { missing: what };
}
