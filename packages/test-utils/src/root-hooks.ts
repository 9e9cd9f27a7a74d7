import { telemetryErrors } from './telemetry-check';
import { stopSharedBrokers } from './brokers';
import { telemetry } from './telemetry';

/** Plugged in with `mocha --require`. */
export const mochaHooks: Mocha.RootHookObject = {
  beforeAll() {
    telemetry.beginRun();
  },

  async beforeEach(this: Mocha.Context) {
    await telemetry.beginTest(this.currentTest);
  },

  async afterEach(this: Mocha.Context) {
    const leaks = telemetry.contextLeakErrors();
    const failed = this.currentTest?.state !== 'passed';
    // A failed test has a reason already; what it left open is a consequence.
    const errors = failed ? [] : [...leaks, ...(await telemetryErrors())];
    telemetry.endTest();
    if (errors.length > 0) failTest(this.test, new Error(errors.join('\n')));
  },

  async afterAll() {
    await stopSharedBrokers();
  },
};

/** An error thrown in a root hook would stop the whole run; this way mocha fails the test and goes on. */
function failTest(hook: Mocha.Runnable | undefined, error: Error): void {
  (hook as Mocha.Hook).error(error);
}
