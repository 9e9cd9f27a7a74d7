import type { SpanContext } from '@opentelemetry/api';

/** What is remembered of an attempt at a message, for the next one in this process. */
export interface Attempt {
  spanContext: SpanContext;
  /** How many attempts there were in this process. */
  count: number;
  /** What the attempt failed with, where it said so. */
  error?: string;
  /** The attempt was at the dead letter, not at the message in its own queue. */
  isDeadLetter: boolean;
}

/** The last attempt at each message that may come again. The oldest are forgotten beyond the cap. */
export class Attempts {
  private readonly _byIdentity = new Map<string, Attempt>();

  constructor(private readonly _max: number) {}

  last(identity: string): Attempt | undefined {
    return this._byIdentity.size === 0 ? undefined : this._byIdentity.get(identity);
  }

  remember(identity: string, attempt: Attempt): void {
    // Set anew, so that the order of the map is that of the last attempts.
    this._byIdentity.delete(identity);
    this._byIdentity.set(identity, attempt);
    if (this._byIdentity.size > this._max) this._byIdentity.delete(this._byIdentity.keys().next().value!);
  }

  forget(identity: string): void {
    this._byIdentity.delete(identity);
  }
}
