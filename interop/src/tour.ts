import { startOtlpReceiver, type System } from '@queuetrace/test-utils';
import { randomBytes } from 'node:crypto';
import { Evidence } from './evidence';
import { peerNamed, type Language } from './peers';
import { Programs } from './programs';
import { queuesOn } from './queues';
import { newIncoming } from './run-cell';
import { traceTree } from './trace-tree';

const SPRING = peerNamed('Spring Kafka');
const PIKA = peerNamed('Pika');

export const TOUR_LANGUAGES: readonly Language[] = [SPRING.language, PIKA.language];

/** An order that goes through Kafka from Spring to Node.js, fails there once, and goes on through RabbitMQ to Pika. */
export class Tour {
  readonly incoming = newIncoming();
  readonly message = randomBytes(6).toString('hex');
  private _evidence?: Evidence;
  private _names = new Map<string, string>();

  constructor(private readonly _isControl: boolean) {}

  async run(addresses: Record<Extract<System, 'kafka' | 'rabbitmq'>, string>, folders: ReadonlyMap<Language, string>) {
    const receiver = await startOtlpReceiver();
    const programs = new Programs(receiver, folders);
    const makers = [queuesOn.kafka(addresses.kafka), queuesOn.rabbitmq(addresses.rabbitmq)];
    try {
      const [[orders], [shipping]] = await Promise.all(makers.map(maker => maker.make(1)));
      this._names = new Map([
        [orders.name, 'orders'],
        [shipping.name, 'shipping'],
      ]);
      const spring = programs.peer(SPRING, 'w3c');
      const node = programs.node({ propagator: 'w3c', isControl: this._isControl });
      const order = { to: orders.address, messages: [this.message], context: this.incoming };
      await spring.call({ do: 'produce', ...order });
      const sendOn = { client: PIKA.node, to: shipping.address };
      const work = { from: orders.address, deliveries: 2, failures: 1, sendOn };
      await node.call({ client: SPRING.node, do: 'consume', ...work });
      await programs.peer(PIKA, 'w3c').call({ do: 'consume', from: shipping.address, deliveries: 1 });
    } finally {
      await programs.close();
      this._evidence = new Evidence(receiver.spans());
      await receiver.stop();
      await Promise.all(makers.map(maker => maker.deleteAll()));
    }
  }

  get evidence(): Evidence {
    return this._evidence!;
  }

  /** As it was exported, with the names of queues that are the same in each run. */
  tree(): string {
    let tree = traceTree(this.evidence.tracesOf([this.message]));
    for (const [unique, name] of this._names) tree = tree.replaceAll(unique, name);
    return tree;
  }
}
