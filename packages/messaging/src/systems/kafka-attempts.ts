import { kafkaIdentity } from './kafka';

type Assignment = Readonly<Record<string, readonly number[]>>;
interface Position {
  topic: string;
  partition: number;
  offset: string;
}

/** Whether a message that one consumer sees again comes for its failure: an attempt counts until something else leads there. */
export class KafkaAttempts {
  private _assigned: Assignment = {};
  /** By partition, the message that the app has sought. */
  private readonly _sought = new Map<string, string>();

  constructor(
    private readonly _group: string,
    private readonly _forget: (isMeant: (identity: string) => boolean) => void,
  ) {}

  /** The group has a new generation: partitions that went elsewhere were tried there, if at all. */
  assigned(assignment: Assignment): void {
    for (const [topic, partitions] of Object.entries(this._assigned)) {
      for (const partition of partitions.filter(one => !assignment[topic]?.includes(one))) {
        const revoked = this._partition(topic, partition);
        this._forget(identity => identity.startsWith(revoked));
      }
    }
    this._assigned = assignment;
  }

  /** The app goes elsewhere in a partition, once the handler that runs now has ended. */
  sought({ topic, partition, offset }: Position): void {
    this._sought.set(this._partition(topic, partition), String(offset));
  }

  /** To seek the very message that has failed is to try it again. */
  batchStarts(topic: string, partition: number): void {
    if (this._sought.size === 0) return;
    const left = this._partition(topic, partition);
    const offset = this._sought.get(left);
    if (offset === undefined) return;
    this._sought.delete(left);
    this._forget(identity => identity.startsWith(left) && identity !== left + offset);
  }

  private _partition(topic: string, partition: number): string {
    return kafkaIdentity(this._group, topic, partition, '');
  }
}
