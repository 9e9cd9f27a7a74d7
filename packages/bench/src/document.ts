import { createRequire } from 'node:module';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import path from 'node:path';
import { figure, type CaseResult } from './report';
import type { Cost } from './statistics';

/* docs/benchmarks.md is what the commands print: made anew from the results that are kept beside it. */

export const FOLDER = path.resolve(__dirname, '../../../../docs');
const LIBRARIES = [
  'kafkajs',
  'amqplib',
  '@aws-sdk/client-sqs',
  '@opentelemetry/api',
  '@opentelemetry/sdk-trace',
  '@opentelemetry/instrumentation-kafkajs',
  '@opentelemetry/instrumentation-amqplib',
  '@opentelemetry/instrumentation-aws-sdk',
];

/** When and where something was measured. */
export interface Facts {
  date: string;
  machine: string;
  versions: Record<string, string>;
}

interface Published extends Facts {
  results?: Omit<CaseResult, 'rounds'>[];
  starts?: Start[];
}

const PARTS: Record<string, string> = {
  micro: 'Over stubbed clients, ns a message',
  'macro-embedded': 'On the embedded brokers, µs a message',
  'macro-real': 'On real brokers, µs a message',
  startup: 'Start of an app, ms',
};

/** @param isWhole whether all cases were measured: else the others stay as they are */
export async function publish(part: string, measured: readonly CaseResult[], isWhole: boolean): Promise<void> {
  const results = measured.map(({ name, unit, spans, costs }) => ({ name, unit, spans, costs: costs.map(rounded) }));
  const before = isWhole || !existsSync(fileOf(part)) ? [] : (read(part).results ?? []);
  const all = new Map([...before, ...results].map(one => [one.name, one]));
  await write(part, { results: [...all.values()] });
}

/** A preload's cost; what it adds is over the same app without one. */
export interface Start {
  preload: string;
  minMs: number;
  medianMs: number;
  addedMs: number;
}

export const publishStartup = (starts: Start[]) => write('startup', { starts });

async function write(part: string, content: Pick<Published, 'results' | 'starts'>): Promise<void> {
  const published: Published = { ...content, ...facts() };
  mkdirSync(path.join(FOLDER, 'benchmarks'), { recursive: true });
  await writeFormatted(fileOf(part), JSON.stringify(published));
  await writeFormatted(path.join(FOLDER, 'benchmarks.md'), document());
}

export function facts(): Facts {
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: `${availableParallelism()} × ${cpus()[0].model}, Node.js ${process.versions.node}`,
    versions: Object.fromEntries(LIBRARIES.map(name => [name, versionOf(name)])),
  };
}

const fileOf = (part: string) => path.join(FOLDER, 'benchmarks', `${part}.json`);
const read = (part: string) => JSON.parse(readFileSync(fileOf(part), 'utf8')) as Published;

function versionOf(name: string): string {
  const require = createRequire(__filename);
  const [folder] = require.resolve.paths(name)!.filter(one => existsSync(path.join(one, name, 'package.json')));
  return (JSON.parse(readFileSync(path.join(folder, name, 'package.json'), 'utf8')) as { version: string }).version;
}

function rounded(cost: Cost): Cost {
  const round = (value: number) => Math.round(value * 100) / 100;
  const { min, median, spread, ratio, overall } = cost;
  return {
    ...cost,
    min: round(min),
    median: round(median),
    spread: [round(spread[0]), round(spread[1])],
    ratio: round(ratio),
    overall: round(overall),
  };
}

export async function writeFormatted(file: string, text: string): Promise<void> {
  const prettier = await import('prettier');
  writeFileSync(file, await prettier.format(text, { ...(await prettier.resolveConfig(file)), filepath: file }));
}

function document(): string {
  const intro = readFileSync(path.join(FOLDER, 'benchmarks', 'introduction.md'), 'utf8');
  const parts = Object.keys(PARTS).filter(part => existsSync(fileOf(part)));
  return [intro, ...parts.map(section)].join('\n\n');
}

function section(part: string): string {
  const { date, machine, versions, results, starts } = read(part);
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const content = results ? [table(results), weakOnes(results)] : [startTable(starts ?? [])];
  return [`## ${PARTS[part]}`, ...content, `${date}, ${machine}; ${list.join(', ')}.`].join('\n\n');
}

function startTable(starts: readonly Start[]): string {
  const peerMs = starts.at(-1)?.addedMs ?? NaN;
  const rows = starts.map(({ preload, minMs, medianMs, addedMs }) => [
    preload,
    ...[minMs, medianMs, addedMs].map(figure),
    addedMs > 0 ? (addedMs / peerMs).toFixed(2) : '',
  ]);
  const head = [
    ['preload', 'least', 'median', 'added', '× the last one'],
    ['---', '--:', '--:', '--:', '--:'],
  ];
  return [...head, ...rows].map(row => `| ${row.join(' | ')} |`).join('\n');
}

type Results = Required<Published>['results'];

function table(results: Results): string {
  const modes = [...new Set(results.flatMap(({ costs }) => costs.map(({ mode }) => mode)))];
  const rows = results.map(({ name, costs }) => [
    name,
    ...modes.map(mode => cell(costs.find(one => one.mode === mode))),
  ]);
  return [['', ...modes], ['---', ...modes.map(() => '--:')], ...rows].map(row => `| ${row.join(' | ')} |`).join('\n');
}

/** Median, and in brackets the least; the baseline is what it takes by itself, all others are over it. */
function cell(cost: Cost | undefined): string {
  if (!cost) return '';
  const ratio = cost.verdict ? ` × ${figure(cost.ratio)}${cost.verdict === 'undecided' ? ' undecided' : ''}` : '';
  return `${figure(cost.median)} (${figure(cost.min)})${ratio}`;
}

function weakOnes(results: Results): string {
  const isWeak = ({ mode, verdict }: Cost) => mode === 'ours' && verdict === 'dearer';
  const weak = results.filter(({ costs }) => costs.some(isWeak));
  if (weak.length === 0) return 'Nowhere are ours dearer than by hand.';
  const told = weak.map(({ name, costs }) => `${name} (× ${figure(costs.find(isWeak)!.ratio)})`);
  return `Weak, dearer than by hand: ${told.join('; ')}.`;
}
