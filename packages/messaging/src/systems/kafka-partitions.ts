import type { MessagingTelemetry } from '../telemetry';
import { kafkaIdentity, type KafkaMessage } from './kafka';

type Assignment = Readonly<Record<string, readonly number[]>>;

interface Position {
  topic: string;
  partition: number;
  offset: string;
}

/** What a consumer has fetched of a partition. */
export interface KafkaFetched {
  topic: string;
  partition: number;
  /** The offset that the next message in the partition gets. */
  highWatermark: string;
  /** Null where none of what was fetched is for the app. */
  firstOffset: string | null;
  lastOffset: string;
}

/** Messages from `offset` on, which a consumer has not handled. */
export const kafkaLag = (highWatermark: string, offset: string): number => Number(highWatermark) - Number(offset);

/** The partitions that are one consumer's own: how far behind it is in them, and which messages there it tries again. */
export class KafkaPartitions {
  private readonly _lag;
  private _assigned: Assignment = {};
  /** By partition, the message that the app has sought. */
  private readonly _sought = new Map<string, string>();

  constructor(
    private readonly _telemetry: MessagingTelemetry<KafkaMessage>,
    private readonly _group = '',
  ) {
    this._lag = _telemetry.lags.of(_group);
  }

  /** The group has a new generation: partitions that went elsewhere were tried there, if at all. */
  assigned(assignment: Assignment): void {
    this._lag.retain(assignment);
    const revoked = new Set<string>();
    for (const [topic, partitions] of Object.entries(this._assigned)) {
      const kept = new Set(assignment[topic]);
      for (const partition of partitions) if (!kept.has(partition)) revoked.add(this._partition(topic, partition));
    }
    this._assigned = assignment;
    // Behind the partition there is the offset.
    if (revoked.size === 0) return;
    this._telemetry.forgetAttempts(identity => revoked.has(identity.slice(0, identity.lastIndexOf('\0') + 1)));
  }

  /** The consumer has stopped, or has crashed: it may begin anew. */
  stopped(): void {
    this._lag.retain();
  }

  /** The app goes elsewhere in a partition, once the handler that runs now has ended. */
  sought({ topic, partition, offset }: Position): void {
    this._sought.set(this._partition(topic, partition), String(offset));
  }

  /** The app is given what was fetched. To seek the very message that has failed is to try it again. */
  batchStarts({ topic, partition, highWatermark, firstOffset }: KafkaFetched): void {
    if (firstOffset !== null) this._setLag(topic, partition, kafkaLag(highWatermark, firstOffset));
    if (this._sought.size === 0) return;
    const left = this._partition(topic, partition);
    const offset = this._sought.get(left);
    if (offset === undefined) return;
    this._sought.delete(left);
    this._telemetry.forgetAttempts(identity => identity.startsWith(left) && identity !== left + offset);
  }

  batchEnds({ topic, partition, highWatermark, lastOffset }: KafkaFetched): void {
    this._setLag(topic, partition, kafkaLag(highWatermark, lastOffset) - 1);
  }

  private _setLag(topic: string, partition: number, messages: number): void {
    if (this._telemetry.observes(topic)) this._lag.set(topic, partition, messages);
  }

  private _partition(topic: string, partition: number): string {
    return kafkaIdentity(this._group, topic, partition, '');
  }
}
