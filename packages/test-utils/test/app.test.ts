import * as assert from 'node:assert/strict';
import * as path from 'node:path';
import { runApp, startApp } from '@queuetrace/test-utils';

const app = (name: string) => path.join(__dirname, '../../test/apps', name);

describe('runApp', () => {
  it('gives back the exit code and both streams', async () => {
    const result = await runApp(app('prints.cjs'), { args: ['3', 'x'], nodeArgs: ['--no-warnings'] });
    assert.equal(result.code, 3);
    assert.equal(result.signal, null);
    assert.equal(result.stderr, 'to stderr\n');
    const { argv, execArgv } = JSON.parse(result.stdout) as { argv: string[]; execArgv: string[] };
    assert.deepEqual(argv, ['3', 'x']);
    assert.deepEqual(execArgv, ['--no-warnings']);
  });

  it('hands on the environment without OpenTelemetry and NODE_OPTIONS, and what is given', async () => {
    process.env.OTEL_SERVICE_NAME = 'of the test run';
    process.env.QUEUETRACE_INHERITED = 'yes';
    try {
      const { stdout } = await runApp(app('prints.cjs'), { env: { OTEL_TRACES_EXPORTER: 'none' } });
      const { env } = JSON.parse(stdout) as { env: Record<string, string> };
      assert.equal(env.OTEL_SERVICE_NAME, undefined);
      assert.equal(env.NODE_OPTIONS, undefined);
      assert.equal(env.QUEUETRACE_INHERITED, 'yes');
      assert.equal(env.OTEL_TRACES_EXPORTER, 'none');
    } finally {
      delete process.env.OTEL_SERVICE_NAME;
      delete process.env.QUEUETRACE_INHERITED;
    }
  });

  it('kills an app that does not end', async () => {
    const result = await runApp(app('waits.cjs'), { killAfterMs: 500 });
    assert.equal(result.timedOut, true);
    assert.equal(result.signal, 'SIGKILL');
  });

  it('asks the app to end when its output matches', async () => {
    const result = await runApp(app('waits.cjs'), { waitFor: /ready/ });
    assert.equal(result.code, 0);
    assert.match(result.stdout, /asked to end/);
  });
});

describe('startApp', () => {
  it('resolves when the output matches, and signals', async () => {
    const running = await startApp(app('waits.cjs'), { waitFor: /ready/ });
    assert.equal(running.output(), 'ready\n');
    running.signal('SIGTERM');
    await running.waitFor(/asked to end/);
    assert.equal((await running.ended).code, 0);
  });

  it('rejects with the output when the app ends too early', async () => {
    await assert.rejects(startApp(app('prints.cjs'), { waitFor: /never printed/ }), /ended \(0\)[^]*to stderr/);
  });

  it('rejects when there is no node to start', async () => {
    await assert.rejects(startApp(app('prints.cjs'), { env: { PATH: '/nowhere' }, waitFor: /x/ }), /ENOENT/);
  });
});
