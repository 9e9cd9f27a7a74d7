import type { FaultProxy } from '@queuetrace/test-utils';

/** A steady stream of messages to one broker and back, through a network that fails. */
export interface Load {
  readonly proxy: FaultProxy;
  readonly ledger: Ledger;
  /** One message; what becomes of it is in the ledger. */
  send(): void;
  stop(): Promise<void>;
}

/** One handler in so many fails, the first time it sees a message. */
export const FAILING = 50;
export const RECONNECT_AFTER_MS = 200;

/** Counts messages at both ends: what the broker has confirmed and nobody has handled is lost. */
export class Ledger {
  confirmed = 0;
  handled = 0;
  /** Handlers that failed, and requests that did. */
  failures = 0;
  refused = 0;
  private next = 0;
  private readonly open = new Map<string, { isConfirmed: boolean }>();

  begin(): string {
    const id = String(this.next++);
    this.open.set(id, { isConfirmed: false });
    return id;
  }

  /** @param error the broker may have it or not: whether it is lost cannot be told */
  sent(id: string, error?: unknown): void {
    const entry = this.open.get(id);
    if (error) {
      this.refused++;
      this.open.delete(id);
      return;
    }
    this.confirmed++;
    if (entry) entry.isConfirmed = true;
  }

  done(id: string): void {
    this.handled++;
    this.open.delete(id);
  }

  isFailing(id: string): boolean {
    return Number(id) % FAILING === 0;
  }

  /** Confirmed, and not handled so far. */
  get outstanding(): number {
    return [...this.open.values()].filter(({ isConfirmed }) => isConfirmed).length;
  }
}
