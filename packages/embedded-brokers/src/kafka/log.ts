import { setBaseOffset, type RecordBatch } from './record-batch';

interface StoredBatch extends RecordBatch {
  readonly baseOffset: number;
}

/** One partition: an append-only list of record batches. */
export class PartitionLog {
  /** The offset that the next record gets. */
  endOffset = 0;
  private readonly batches: StoredBatch[] = [];
  private readonly listeners = new Set<() => void>();

  /** Returns the offset of the first record. */
  append(batches: readonly RecordBatch[]): number {
    const first = this.endOffset;
    for (const batch of batches) {
      setBaseOffset(batch, this.endOffset);
      this.batches.push({ ...batch, baseOffset: this.endOffset });
      this.endOffset += batch.recordCount;
    }
    for (const listener of [...this.listeners]) listener();
    return first;
  }

  /** Whole batches from the one that holds `offset` on; the first one even if it alone is larger than `maxBytes`. */
  read(offset: number, maxBytes: number): Buffer[] {
    const found: Buffer[] = [];
    let size = 0;
    for (const { bytes } of this.batches.slice(this.indexOf(offset))) {
      if (found.length > 0 && size + bytes.length > maxBytes) break;
      found.push(bytes);
      size += bytes.length;
    }
    return found;
  }

  /** The first batch with a record of that time or later: batches are not opened, so this is as exact as it gets. */
  firstBatchSince(timestamp: number): { offset: number; timestamp: number } | undefined {
    const batch = this.batches.find(each => each.maxTimestamp >= timestamp);
    return batch && { offset: batch.baseOffset, timestamp: batch.maxTimestamp };
  }

  onAppend(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private indexOf(offset: number): number {
    const index = this.batches.findLastIndex(batch => batch.baseOffset <= offset);
    const holds = index >= 0 && offset < this.batches[index].baseOffset + this.batches[index].recordCount;
    return holds ? index : index + 1;
  }
}

/** Resolves at the next append to any of the logs, or after `milliseconds`. */
export function nextAppend(logs: readonly PartitionLog[], milliseconds: number): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      clearTimeout(timer);
      for (const forget of subscriptions) forget();
      resolve();
    };
    // A fetch that still waits must not keep the process alive after its broker has been stopped.
    const timer = setTimeout(done, milliseconds).unref();
    const subscriptions = logs.map(log => log.onAppend(done));
  });
}
