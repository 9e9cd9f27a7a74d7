// What a scripted load knows of itself, by its own clocks.
const { setTimeout: sleep } = require('node:timers/promises');

/** Of the messages of one destination. */
class Tally {
  sends = 0;
  sent = 0;
  deliveries = 0;
  failures = 0;
  redeliveries = 0;
  deadLettersSent = 0;
  /** The least and the most that all first deliveries can have waited together, in milliseconds. */
  queueTimeMs = { min: 0, max: 0 };
  /** The same for the time that handlers took. */
  processingMs = { min: 0, max: 0 };
  #sentAt = new Map();

  /** Sends `ids` in one call. */
  async send(ids, call) {
    const earliest = Date.now();
    await call();
    const latest = Date.now();
    for (const id of ids) this.#sentAt.set(id, { earliest, latest });
    this.sends += 1;
    this.sent += ids.length;
  }

  /** From here to the returned function messages are handled, one after the other. */
  startConsuming() {
    const startedAt = performance.now();
    this.consumingSince = Date.now();
    return () => (this.processingMs.max = Math.ceil(performance.now() - startedAt));
  }

  /** One delivery: it takes some time, then `outcome` says what becomes of it. */
  async handle(id, isFirst, outcome) {
    const startedAt = performance.now();
    this.deliveries += 1;
    const sentAt = this.#sentAt.get(id);
    if (isFirst && sentAt) {
      this.queueTimeMs.min += Math.max(this.consumingSince - sentAt.latest, 0);
      this.queueTimeMs.max += Date.now() - sentAt.earliest;
    }
    if (!isFirst) this.redeliveries += 1;
    await sleep(3);
    this.processingMs.min += Math.floor(performance.now() - startedAt);
    return outcome();
  }

  fail() {
    this.failures += 1;
    throw new Error('out of stock');
  }
}

/** Messages wait at least so long. */
const waitInQueue = () => sleep(120);

module.exports = { Tally, waitInQueue };
