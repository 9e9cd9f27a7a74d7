export interface CommittedOffset {
  readonly offset: bigint;
  readonly metadata: string | null;
}

/** What one consumer group has committed, by topic and partition. */
export class CommittedOffsets {
  private readonly topics = new Map<string, Map<number, CommittedOffset>>();

  set(topic: string, partition: number, committed: CommittedOffset): void {
    const partitions = this.topics.get(topic);
    if (partitions) partitions.set(partition, committed);
    else this.topics.set(topic, new Map([[partition, committed]]));
  }

  get(topic: string, partition: number): CommittedOffset | undefined {
    return this.topics.get(topic)?.get(partition);
  }

  all(): { topic: string; partitions: number[] }[] {
    return [...this.topics].map(([topic, partitions]) => ({ topic, partitions: [...partitions.keys()] }));
  }

  forgetTopic(topic: string): void {
    this.topics.delete(topic);
  }
}
