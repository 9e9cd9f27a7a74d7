import { ErrorCode, KafkaError } from './errors';
import { PartitionLog } from './log';

const LEGAL_NAME = /^[a-zA-Z0-9._-]{1,249}$/;

/** The topics of the broker and their partitions. */
export class Topics {
  private readonly partitions = new Map<string, PartitionLog[]>();

  constructor(private readonly defaultPartitions: number) {}

  names(): string[] {
    return [...this.partitions.keys()];
  }

  partitionsOf(topic: string): readonly PartitionLog[] | undefined {
    return this.partitions.get(topic);
  }

  log(topic: string, partition: number): PartitionLog | undefined {
    return this.partitions.get(topic)?.[partition];
  }

  /** Throws what `create` would throw. */
  assertCreatable(topic: string, partitions: number): void {
    if (!LEGAL_NAME.test(topic)) throw new KafkaError(ErrorCode.INVALID_TOPIC);
    if (this.partitions.has(topic)) throw new KafkaError(ErrorCode.TOPIC_ALREADY_EXISTS);
    if (partitions === 0) throw new KafkaError(ErrorCode.INVALID_PARTITIONS);
  }

  /** A negative number of partitions stands for the default. */
  create(topic: string, partitions = -1): void {
    this.assertCreatable(topic, partitions);
    const length = partitions < 0 ? this.defaultPartitions : partitions;
    this.partitions.set(
      topic,
      Array.from({ length }, () => new PartitionLog()),
    );
  }

  grow(topic: string, partitions: number): void {
    const logs = this.partitions.get(topic);
    if (!logs) throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    if (partitions <= logs.length) throw new KafkaError(ErrorCode.INVALID_PARTITIONS);
    while (logs.length < partitions) logs.push(new PartitionLog());
  }

  delete(topic: string): void {
    if (!this.partitions.delete(topic)) throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  }
}
