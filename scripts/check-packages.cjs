// Packs each published package and checks the very file that would be published: publint, and the types in every
// module resolution. Then installs all of them in an empty project, and loads each from CommonJS, ESM and TypeScript.
'use strict';
const { execFileSync, spawnSync } = require('node:child_process');
const { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { pack, published } = require('./pack.cjs');

const root = path.resolve(__dirname, '..');
function check(what, command, args, cwd = root) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${what}`);
  if (status === 0) return;
  console.log(stdout + stderr);
  process.exitCode = 1;
}

/** What a user's three kinds of file would say. */
function writeApps(project) {
  const names = published.map(({ name }) => name).filter(name => name !== '@queuetrace/register');
  const requires = names.map(name => `require(${JSON.stringify(name)})`);
  writeFileSync(
    path.join(project, 'app.cjs'),
    `for (const exports of [${requires}]) if (!Object.keys(exports).length) throw new Error('empty');\n`,
  );
  const imports = names.map((name, index) => `import * as m${index} from ${JSON.stringify(name)};`).join('\n');
  const same = names.map(
    (name, index) =>
      `if (m${index}.MessagingInstrumentation !== require(${JSON.stringify(name)}).MessagingInstrumentation) throw new Error('two copies');`,
  );
  const header = "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);\n";
  writeFileSync(path.join(project, 'app.mjs'), `${header}${imports}\n${same.join('\n')}\n`);
  const isPlugin = name => name === '@queuetrace/bundler-plugin';
  writeTypes(
    project,
    'types',
    names.filter(name => !isPlugin(name)),
  );
  writeTypes(project, 'plugin', names.filter(isPlugin));
}

function writeTypes(project, file, names) {
  const imports = names.map((name, index) => `import * as m${index} from ${JSON.stringify(name)};`);
  const uses = `export const all: object[] = [${names.map((_, index) => `m${index}`)}];`;
  for (const ending of ['cts', 'mts']) {
    writeFileSync(path.join(project, `${file}.${ending}`), `${[...imports, uses].join('\n')}\n`);
  }
}

const LIBRARIES = { kafkajs: '2.2.4', amqplib: '2.3.1', '@aws-sdk/client-sqs': '3.1169.0' };

/** A project without node_modules: Yarn has the packages in archives, which its own loader looks into. */
function checkPlugAndPlay(tarballs, project) {
  mkdirSync(project);
  const ours = Object.fromEntries(
    tarballs.filter(({ name }) => !/doctor|bundler/.test(name)).map(({ name, tarball }) => [name, `file:${tarball}`]),
  );
  const dependencies = { ...LIBRARIES, '@opentelemetry/api': '1.10.0', ...ours };
  writeFileSync(path.join(project, 'package.json'), JSON.stringify({ private: true, dependencies, resolutions: ours }));
  const registry = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim();
  const settings = {
    nodeLinker: 'pnp',
    npmRegistryServer: registry,
    unsafeHttpWhitelist: ['*'],
    enableTelemetry: false,
  };
  writeFileSync(path.join(project, '.yarnrc.yml'), JSON.stringify(settings));
  writeFileSync(path.join(project, 'yarn.lock'), '');
  const names = Object.keys(LIBRARIES);
  writeFileSync(path.join(project, 'app.cjs'), names.map(name => `require(${JSON.stringify(name)});\n`).join(''));
  writeFileSync(path.join(project, 'app.mjs'), names.map(name => `import ${JSON.stringify(name)};\n`).join(''));
  const yarn = require.resolve('@yarnpkg/cli-dist/bin/yarn.js');
  check("Yarn's Plug'n'Play: install", 'node', [yarn, 'install', '--no-immutable'], project);
  for (const app of ['app.cjs', 'app.mjs']) {
    const env = { ...process.env, OTEL_LOG_LEVEL: 'info' };
    const args = [yarn, 'node', '--require', '@queuetrace/register', app];
    const { stderr } = spawnSync('node', args, { cwd: project, env, encoding: 'utf8' });
    const missing = names.filter(name => !stderr.includes(`${name} ${LIBRARIES[name]} patched`));
    console.log(`${missing.length === 0 ? 'ok  ' : 'FAIL'} Yarn's Plug'n'Play: ${app} is patched`);
    if (missing.length === 0) continue;
    console.log(stderr);
    process.exitCode = 1;
  }
}

const work = mkdtempSync(path.join(tmpdir(), 'queuetrace-packages-'));
try {
  const tarballs = published.map(one => ({ ...one, tarball: pack(one.folder, work) }));
  for (const { name, folder, tarball } of tarballs) {
    check(`publint ${name}`, 'publint', ['run', folder, '--strict']);
    check(`types of ${name}`, 'attw', [tarball, '--profile', 'node16']);
  }
  const project = path.join(work, 'project');
  mkdirSync(project);
  writeFileSync(path.join(project, 'package.json'), '{ "private": true }');
  check(
    'npm install in an empty project',
    'npm',
    [
      'install',
      '--no-audit',
      '--no-fund',
      '@opentelemetry/api@1.10.0',
      '@types/node@22.20.5',
      ...tarballs.map(({ tarball }) => tarball),
    ],
    project,
  );
  writeApps(project);
  check('require from CommonJS', 'node', ['app.cjs'], project);
  check('import from ESM, the same state', 'node', ['app.mjs'], project);
  check('zero-code preload', 'node', ['--require', '@queuetrace/register', '-e', '0'], project);
  symlinkSync(path.join(root, 'node_modules', 'typescript'), path.join(project, 'node_modules', 'typescript'));
  const tsc = ['--noEmit', '--strict', '--module', 'node20', '--types', 'node'];
  check('types from CommonJS and ESM', 'tsc', [...tsc, 'types.cts', 'types.mts'], project);
  // The types of unplugin want every bundler to be there.
  check('types of the bundler plugin', 'tsc', [...tsc, '--skipLibCheck', 'plugin.cts', 'plugin.mts'], project);
  checkPlugAndPlay(tarballs, path.join(work, 'plug-and-play'));
  check('the doctor of an empty project', 'npx', ['queuetrace-doctor', '--version'], project);
} finally {
  rmSync(work, { recursive: true, force: true });
}
