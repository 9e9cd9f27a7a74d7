/** Starts the brokers named on the command line, e.g. `node main.js kafka=19092 amqp=5673 sqs=9325`, until SIGTERM. */
import { startAmqpBroker, startKafkaBroker, startSqsServer, type EmbeddedBroker } from './index';

const starters: Record<string, (options: { port: number }) => Promise<EmbeddedBroker>> = {
  kafka: startKafkaBroker,
  amqp: startAmqpBroker,
  sqs: startSqsServer,
};

const USAGE = `usage: main.js ${Object.keys(starters).join('|')}[=port] ...`;

async function startOne(argument: string): Promise<EmbeddedBroker> {
  const [name, port = '0'] = argument.split('=');
  const start = starters[name];
  if (!start || !/^\d+$/.test(port)) throw new Error(`Not understood: ${argument}\n${USAGE}`);
  const broker = await start({ port: Number(port) });
  console.log(`${name}: ${broker.address} (an in-memory stand-in, not the real thing)`);
  return broker;
}

async function main(): Promise<void> {
  const names = process.argv.slice(2);
  if (names.length === 0) throw new Error(USAGE);
  const brokers = await Promise.all(names.map(startOne));
  const stop = () => void Promise.all(brokers.map(broker => broker.stop()));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
