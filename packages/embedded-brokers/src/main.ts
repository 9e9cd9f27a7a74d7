/** Starts the brokers named on the command line, e.g. `node main.js kafka=19092 amqp=5673 sqs=9325`, until SIGTERM. */
import { startAmqpBroker, startKafkaBroker, startSqsServer, type EmbeddedBroker } from './index';

const starters: Record<string, (options: { port: number }) => Promise<EmbeddedBroker>> = {
  kafka: startKafkaBroker,
  amqp: startAmqpBroker,
  sqs: startSqsServer,
};

const USAGE = `usage: main.js ${Object.keys(starters).join('|')}[=port] ...`;

async function startOne(argument: string): Promise<[string, EmbeddedBroker]> {
  const [name, port = '0'] = argument.split('=');
  if (!Object.hasOwn(starters, name) || !/^\d+$/.test(port)) throw new Error(`Not understood: ${argument}\n${USAGE}`);
  return [name, await starters[name]({ port: Number(port) })];
}

async function main(): Promise<void> {
  const names = process.argv.slice(2);
  if (names.length === 0) throw new Error(USAGE);
  const started = await Promise.all(names.map(startOne));
  const stop = () => void Promise.all(started.map(([, broker]) => broker.stop()));
  // Before the lines below: who reads them may end the process at once.
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  for (const [name, { address }] of started) {
    console.log(`${name}: ${address} (an in-memory stand-in, not the real thing)`);
  }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
