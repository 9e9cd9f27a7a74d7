import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

/** The processes of the shop; their code has no OpenTelemetry in it, only the preload of the command line has. */
export const SERVICES = ['orders', 'payment', 'analytics', 'shipping', 'invoicing', 'notification', 'replay'] as const;
export type Service = (typeof SERVICES)[number];

const PRELOAD = require.resolve('@queuetrace/register');

/** Starts one service as `node --require @queuetrace/register service.js`; resolves when it is ready. */
export async function startService(service: Service, env: Record<string, string>): Promise<ChildProcess> {
  const file = path.join(__dirname, 'services', service === 'notification' ? 'notification.mjs' : `${service}.js`);
  const child = fork(file, {
    // kafkajs sets negative timeouts, which Node.js 24 warns of.
    execArgv: ['--require', PRELOAD, '--disable-warning=TimeoutNegativeWarning'],
    env: { ...process.env, ...env, OTEL_SERVICE_NAME: service },
  });
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`the service ${service} ended with code ${code} before it was ready`);
  });
  await Promise.race([once(child, 'message'), failed]);
  return child;
}

/** Stops services as their platform would, and waits until they have exported what they had. */
export async function stopServices(children: Iterable<ChildProcess>): Promise<void> {
  await Promise.all(
    [...children].map(async child => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    }),
  );
}
