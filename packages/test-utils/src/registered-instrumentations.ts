import type { Instrumentation } from '@opentelemetry/instrumentation';

/**
 * Instrumentations of all test files live in one process: each is on only while the suite or test that registered it runs.
 * Where that is depends on where `add` was called: in a describe body, a before hook, or a test (beforeEach and it).
 */
export class RegisteredInstrumentations {
  private ofTest: Instrumentation[] = [];
  private ofBeforeHook: Instrumentation[] = [];
  private running = false;
  private inTest = false;

  add(instrumentation: Instrumentation): void {
    if (this.inTest) {
      this.ofTest.push(instrumentation);
    } else if (this.running) {
      this.ofBeforeHook.push(instrumentation);
    } else {
      // It was enabled by its constructor, while the other files are still being loaded.
      instrumentation.disable();
      before(() => instrumentation.enable());
      after(() => instrumentation.disable());
    }
  }

  beginRun(): void {
    this.running = true;
  }

  beginTest(test: Mocha.Test | undefined): void {
    this.inTest = true;
    if (this.ofBeforeHook.length === 0 || !test) return;
    // Mocha does not say whose before hook it was: the outermost describe is the one that surely contains it.
    const instrumentations = this.ofBeforeHook;
    this.ofBeforeHook = [];
    outermostSuite(test).afterAll(() => instrumentations.forEach(instrumentation => instrumentation.disable()));
  }

  endTest(): void {
    this.inTest = false;
    this.ofTest.forEach(instrumentation => instrumentation.disable());
    this.ofTest = [];
  }
}

function outermostSuite(test: Mocha.Test): Mocha.Suite {
  let suite = test.parent;
  if (!suite) throw new Error(`the test "${test.title}" has no suite`);
  while (suite.parent && !suite.parent.root) suite = suite.parent;
  return suite;
}
