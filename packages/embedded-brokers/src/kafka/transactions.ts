/**
 * Open transactions, by transactional id. What a transaction writes is held back and takes effect when it commits, so
 * that nobody can see it before: enough for read-committed consumers, and no control records are needed.
 */
export class Transactions {
  private nextProducerId = 1000;
  private readonly effects = new Map<string, (() => void)[]>();

  /** A producer that starts anew aborts what its predecessor of the same name left open. */
  initProducer(transactionalId: string | null): number {
    if (transactionalId !== null) this.effects.delete(transactionalId);
    return this.nextProducerId++;
  }

  stage(transactionalId: string, effect: () => void): void {
    const staged = this.effects.get(transactionalId);
    if (staged) staged.push(effect);
    else this.effects.set(transactionalId, [effect]);
  }

  end(transactionalId: string, commit: boolean): void {
    const staged = this.effects.get(transactionalId) ?? [];
    this.effects.delete(transactionalId);
    if (commit) for (const effect of staged) effect();
  }
}
