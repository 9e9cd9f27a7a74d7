/**
 * Plays the rows of one client, all or those with a text in their name, on an embedded broker in this process:
 * `node play.js <client> <file for the outcome> [text]`.
 */
import { writeFileSync } from 'node:fs';
import { startAmqpBroker, startKafkaBroker, startSqsServer } from '@queuetrace/embedded-brokers';
import { scripts } from './rows';
import type { Performance, Played, Script } from './script';
import { Stage, type Row } from './stage';
import { valueText } from './value-text';
import { recordAmqp } from './wire/amqp';
import { recordKafka } from './wire/kafka';
import { recordSqs } from './wire/sqs';

const brokers = {
  kafka: { record: recordKafka, start: () => startKafkaBroker({ partitions: 1 }) },
  rabbitmq: { record: recordAmqp, start: startAmqpBroker },
  aws_sqs: { record: recordSqs, start: startSqsServer },
};

/** Nobody waits that long for a call that is never answered: the only clock here. */
const STUCK_AFTER_MS = 30_000;

/** The row that is played now: what nobody catches is its. */
let stage = new Stage();
process.on('unhandledRejection', error => stage.note(`unhandled rejection ${valueText(error)}`));
process.on('uncaughtException', error => stage.note(`uncaught exception ${valueText(error)}`));
process.on('warning', ({ name, message }) => stage.note(`warning ${name} ${message}`));

const turn = () => new Promise(resolve => setImmediate(resolve));

const covered = new Set<string>();

async function playRow<Actors>({ name, play }: Row<Actors>, actors: Actors, own = new Stage()): Promise<Played> {
  const stuck = setTimeout(() => {
    console.error(`STUCK in row ${name}:\n${own.events.join('\n')}`);
    process.exit(70);
  }, STUCK_AFTER_MS);
  await play(own, actors);
  await turn();
  await turn();
  clearTimeout(stuck);
  for (const method of own.covered) covered.add(method);
  return { name, events: own.events };
}

async function playInTurn<Actors>(script: Script<Actors>, actors: Actors, row: Row<Actors>): Promise<Played> {
  stage = new Stage();
  const play = async (own: Stage) => {
    await script.before?.(actors, own);
    await row.play(own, actors);
    await script.after?.(actors, own);
  };
  return playRow({ name: row.name, play }, actors, stage);
}

async function main([client, file, text = '']: string[]): Promise<void> {
  const { system, load } = scripts[client];
  const script = await load();
  const wire = brokers[system].record();
  const broker = await brokers[system].start();
  const actors = await script.start(broker.address);
  const isWanted = ({ name }: Row<unknown>) => name.includes(text);
  const meanwhile = (script.meanwhile ?? []).filter(isWanted).map(row => playRow(row, actors));
  const rows: Played[] = [];
  for (const row of script.rows.filter(isWanted)) rows.push(await playInTurn(script, actors, row));
  rows.push(...(await Promise.all(meanwhile)));
  await script.stop(actors);
  await broker.stop();
  const performance: Performance = { rows, covered: [...covered], wire };
  writeFileSync(file, JSON.stringify(performance));
  process.exit();
}

void main(process.argv.slice(2)).catch(error => {
  console.error(`Not played to the end: ${stage.events.join('\n')}`, error);
  process.exit(1);
});
