import { randomUUID } from 'node:crypto';
import { epochMs } from '../clock';
import type { Account } from './account';
import { invalidParameter } from './errors';
import { moved } from './message';
import type { Queue } from './queue';

interface MoveTask {
  readonly SourceArn: string;
  readonly DestinationArn?: string;
  readonly Status: 'COMPLETED';
  readonly ApproximateNumberOfMessagesMoved: number;
  readonly ApproximateNumberOfMessagesToMove: number;
  readonly StartedTimestamp: number;
}

/** Move the messages of a dead-letter queue back or to another queue; done when the call returns. */
export class MoveTasks {
  private readonly tasks: MoveTask[] = [];

  constructor(private readonly account: Account) {}

  start(SourceArn: string | undefined, DestinationArn?: string): { TaskHandle: string } {
    const source = this.account.byArn(SourceArn);
    if (this.account.deadLetterSources(source).length === 0) {
      throw invalidParameter('Source queue must be configured as a Dead Letter Queue.');
    }
    const count = this.moveAll(source, DestinationArn);
    this.tasks.unshift({
      SourceArn: source.arn,
      DestinationArn,
      Status: 'COMPLETED',
      ApproximateNumberOfMessagesMoved: count,
      ApproximateNumberOfMessagesToMove: count,
      StartedTimestamp: epochMs(),
    });
    return { TaskHandle: randomUUID() };
  }

  list(sourceArn: string | undefined, limit = 1): MoveTask[] {
    const source = this.account.byArn(sourceArn);
    return this.tasks.filter(task => task.SourceArn === source.arn).slice(0, limit);
  }

  private moveAll(source: Queue, destinationArn?: string): number {
    const messages = source.purge();
    for (const message of messages) {
      const { DeadLetterQueueSourceArn: origin, ...system } = message.system;
      const destination = this.account.findByArn(destinationArn ?? origin);
      // What never came from a queue has nowhere to go.
      if (destination) destination.put({ ...moved(message, system), receiveCount: 0 });
      else source.put(message);
    }
    return messages.length;
  }
}
