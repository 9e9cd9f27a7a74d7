import type { ActiveOperation } from './active-operation';
import type { MessagingAttributes } from './semconv';
import { now, type StartTime } from './telemetry-core';

/** The create spans of one send: each is over before the next one starts, and waits for what the broker says of its message. */
export class CreatedMessages<M> {
  private readonly _creates = new Map<M, { create: ActiveOperation<M>; at: StartTime }>();

  add(message: M, create: ActiveOperation<M>): void {
    this._creates.set(message, { create, at: now() });
  }

  set(message: M, attributes: MessagingAttributes): void {
    this._creates.get(message)?.create.set(attributes);
  }

  end(): void {
    for (const { create, at } of this._creates.values()) create.end(undefined, false, at);
  }
}
