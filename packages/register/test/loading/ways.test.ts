import assert from 'node:assert/strict';
import path from 'node:path';
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { EVERYTHING, startOtlpReceiver, told, type AppOptions, type OtlpReceiver } from '@queuetrace/test-utils';
import { appFile, NODE_VERSION, ourLines, REQUIRE } from '../preloaded';
import { withShop } from './shop';
import { withFolder } from './folder';

const IMPORT = ['--import', '@queuetrace/register'];
const WAYS: Record<string, AppOptions> = {
  '--require': { nodeArgs: REQUIRE },
  '--import': { nodeArgs: IMPORT },
  NODE_OPTIONS: { nodeArgs: [], env: { NODE_OPTIONS: REQUIRE.join(' ') } },
};
const STRIP = '--experimental-strip-types';
const TSX = ['--import', 'tsx'];
/** Ways to run TypeScript. */
const COMPILED: Record<string, AppOptions> = {
  'type stripping': { nodeArgs: [...REQUIRE, STRIP] },
  'type stripping, --import': { nodeArgs: [...IMPORT, STRIP] },
  'tsx after us': { nodeArgs: [...REQUIRE, ...TSX] },
  'tsx before us': { nodeArgs: [...TSX, ...IMPORT] },
};
/** What Node.js itself cannot do, by app and way, with the reason. */
const IMPOSSIBLE: Record<string, { isSo: (major: number, minor: number) => boolean; reason: string }> = {
  'shop.cts by type stripping, --import': {
    isSo: (major, minor) => major === 22 || (major === 24 && minor < 12),
    reason: 'an entry file with --import and type stripping has a require of its own, which no hook sees',
  },
  'shop.cts by tsx after us': { isSo: (major, minor) => major === 22 && minor < 23, reason: 'fails without us too' },
  'shop.cts by tsx before us': { isSo: (major, minor) => major === 22 && minor < 23, reason: 'fails without us too' },
};
/** Apps that start the shop in another thread or process, by whose hand-down it is traced there. */
const CHILDREN = ['in-worker.cjs', 'in-cluster.cjs', 'in-fork.cjs'];

describe('an app is traced', () => {
  const shop = withShop();
  const folder = withFolder();
  let receiver: OtlpReceiver;

  beforeEach(async () => {
    receiver = await startOtlpReceiver();
  });
  afterEach(() => receiver.stop());

  const assertTraced = async (app: string, options: AppOptions) => {
    const result = await shop.run(app, receiver, options);
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(ourLines(result), []);
    assert.deepEqual(told(receiver), EVERYTHING, result.stderr);
  };

  for (const app of ['shop.cjs', 'shop.mjs']) {
    for (const [way, options] of Object.entries(WAYS)) {
      it(`${app} by ${way}`, () => assertTraced(app, options));
    }
    it(`${app} beside the asynchronous loader of OpenTelemetry`, () =>
      assertTraced(app, {
        nodeArgs: [...REQUIRE, '--experimental-loader', '@opentelemetry/instrumentation/hook.mjs'],
      }));
  }

  for (const app of ['shop.cts', 'shop.mts']) {
    for (const [way, options] of Object.entries(COMPILED)) {
      const title = `${app} by ${way}`;
      it(title, function () {
        const [major, minor] = NODE_VERSION.split('.').map(Number);
        if (IMPOSSIBLE[title]?.isSo(major, minor)) this.skip();
        return assertTraced(app, options);
      });
    }
  }

  for (const app of CHILDREN) {
    it(`${app} by --require`, () => assertTraced(app, WAYS['--require']));
    it(`${app} by NODE_OPTIONS`, () => assertTraced(app, WAYS['NODE_OPTIONS']));
  }

  it('in-spawned.cjs by NODE_OPTIONS', () => assertTraced('in-spawned.cjs', WAYS['NODE_OPTIONS']));

  it('service.mjs beside a loader that hands the sources of libraries to Node', () =>
    assertTraced('service.mjs', {
      nodeArgs: [...REQUIRE, '--import', pathToFileURL(appFile('loading/source-loader.mjs')).href],
    }));

  for (const app of ['shop.cjs', 'service.mjs']) {
    it(`${app} beside hooks in the same thread that hand the sources of libraries to Node`, () =>
      assertTraced(app, { nodeArgs: [...REQUIRE, '--require', appFile('loading/source-hooks-sync.cjs')] }));
  }

  it('under node --test', () =>
    assertTraced('shop.test.cjs', {
      nodeArgs: [...REQUIRE, '--test'],
      args: [],
      env: { SHOP_ADDRESSES: shop.addresses().join(' ') },
    }));

  it('as an --env-file says', async () => {
    const file = path.join(folder.path, '.env');
    writeFileSync(file, `OTEL_EXPORTER_OTLP_ENDPOINT=${receiver.url}\nOTEL_SERVICE_NAME=from-the-file\n`);
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: undefined };
    await assertTraced('shop.cjs', { nodeArgs: [`--env-file=${file}`, ...REQUIRE], env });
    assert.equal(receiver.spans()[0].resource['service.name'], 'from-the-file');
  });

  it('whatever its working directory', () =>
    assertTraced('shop.mjs', {
      nodeArgs: ['--require', path.resolve(appFile('.'), '../../build/register.cjs')],
      cwd: folder.path,
    }));
});
