/** Plays all rows of one client, on an embedded broker in this process: `node play.js <client> <file for the outcome>`. */
import { writeFileSync } from 'node:fs';
import { startAmqpBroker, startKafkaBroker, startSqsServer } from '@queuetrace/embedded-brokers';
import { scripts } from './rows';
import type { Performance, Played, Script } from './script';
import { Stage } from './stage';
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

let stage = new Stage();
process.on('unhandledRejection', error => stage.note(`unhandled rejection ${valueText(error)}`));
process.on('uncaughtException', error => stage.note(`uncaught exception ${valueText(error)}`));
process.on('warning', ({ name, message }) => stage.note(`warning ${name} ${message}`));

const turn = () => new Promise(resolve => setImmediate(resolve));

async function playRow<Actors>(script: Script<Actors>, actors: Actors, index: number): Promise<Played> {
  const { name, play } = script.rows[index];
  stage = new Stage();
  const stuck = setTimeout(() => {
    console.error(`STUCK in row ${name}:\n${stage.events.join('\n')}`);
    process.exit(70);
  }, STUCK_AFTER_MS);
  await script.before?.(actors, stage, index);
  await play(stage, actors);
  await script.after?.(actors, stage);
  await turn();
  await turn();
  clearTimeout(stuck);
  for (const method of stage.covered) covered.add(method);
  return { name, events: stage.events };
}

const covered = new Set<string>();

async function main([client, file]: string[]): Promise<void> {
  const { system, load } = scripts[client];
  const script = await load();
  const wire = brokers[system].record();
  const broker = await brokers[system].start();
  const actors = await script.start(broker.address);
  const rows: Played[] = [];
  for (let index = 0; index < script.rows.length; index++) rows.push(await playRow(script, actors, index));
  await script.stop(actors);
  await broker.stop();
  const performance: Performance = { rows, covered: [...covered], wire };
  writeFileSync(file, JSON.stringify(performance));
  process.exit();
}

void main(process.argv.slice(2)).catch(error => {
  console.error(error);
  process.exit(1);
});
