// Writes the generated parts of the README from the tables in code; with --check it only tells whether they are stale.
'use strict';
const { readFileSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { OPTIONS } = require('../packages/messaging/build/src/options.js');
const { ATTRIBUTE_NAMES, METRICS } = require('../packages/messaging/build/src/semconv.js');

const code = text => (text === null ? '–' : `\`${text}\``);
const row = cells => `| ${cells.map(cell => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
const table = (head, rows) => [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

const parts = {
  peers: () => {
    const results = JSON.parse(readFileSync(path.resolve(__dirname, '../docs/peers.json'), 'utf8'));
    const rows = results.map(({ client, peer, tests, ours, theirs }) => [
      code(client),
      tests,
      ours,
      code(peer),
      theirs,
    ]);
    return table(['client', 'tests', 'ours pass', 'in its place', 'pass'], rows);
  },
  versions: () => {
    const results = JSON.parse(readFileSync(path.resolve(__dirname, '../docs/versions.json'), 'utf8'));
    const cell = ({ outcomes }) =>
      Object.entries(outcomes)
        .map(([way, failed]) => (failed.length === 0 ? way : `${way} NOT: ${failed.join(', ')}`))
        .join(', ');
    const lines = results[0].results.map(({ line }) => line);
    const rows = results.map(({ client, version, results: all }) => [code(`${client} ${version}`), ...all.map(cell)]);
    return table(['client', ...lines], rows);
  },
  options: () =>
    table(
      ['option', 'environment suffix', 'default', 'allowed', 'meaning'],
      Object.entries(OPTIONS).map(([name, option]) => [
        code(name),
        code(option.suffix),
        code(JSON.stringify(option.default)),
        option.allowed,
        option.meaning,
      ]),
    ),
  attributes: () =>
    table(
      ['1.44 (default)', '1.45', 'legacy'],
      Object.values(ATTRIBUTE_NAMES).map(names => names.map(code)),
    ),
  metrics: () =>
    table(
      ['metric', 'unit', 'vocabularies', 'what'],
      Object.values(METRICS).map(({ name, unit, vocabularies, description }) => [
        code(name),
        code(unit),
        vocabularies.join(', '),
        description,
      ]),
    ),
};

/** The text of a document with its generated parts made anew. */
function regenerate(text) {
  return text.replace(/(<!-- generated: (\w+) -->)[\s\S]*?(<!-- end -->)/g, (_, start, part, end) =>
    [start, parts[part](), end].join('\n\n'),
  );
}

async function format(text, file) {
  const prettier = await import('prettier');
  return prettier.format(text, { ...(await prettier.resolveConfig(file)), filepath: file });
}

const README = path.resolve(__dirname, '../README.md');

async function generated() {
  const current = readFileSync(README, 'utf8');
  return { current, wanted: await format(regenerate(current), README) };
}

module.exports = { README, generated };

if (require.main === module) {
  generated().then(({ current, wanted }) => {
    if (current === wanted) return;
    if (!process.argv.includes('--check')) return writeFileSync(README, wanted);
    console.error('README.md: a generated part is stale; run `npm run docs`');
    process.exitCode = 1;
  });
}
