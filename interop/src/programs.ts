import type { OtlpReceiver } from '@queuetrace/test-utils';
import path from 'node:path';
import type { Cell, Propagator } from './cells';
import { FOLDER, type Language, type Peer } from './peers';
import { Program } from './program';

const PROPAGATORS: Record<Propagator, string> = { w3c: 'tracecontext,baggage', b3: 'b3', xray: 'xray' };

/** The name under which Node.js exports its spans. */
export const NODE = 'node';

/** The programs that run, each started when it is first wanted. */
export class Programs {
  private readonly _programs = new Map<string, Program>();

  constructor(
    private readonly _receiver: OtlpReceiver,
    /** Where the programs of each language were built. */
    private readonly _folders: ReadonlyMap<Language, string>,
  ) {}

  peer({ name, command, env, language }: Peer, propagator: Propagator): Program {
    return this._one(name, propagator, command(this._folders.get(language)!), env);
  }

  node({ propagator, isControl }: Pick<Cell, 'propagator' | 'isControl'>): Program {
    // All else is as it is: the SDK, its exporter, its propagators, the app's own spans.
    const env = { OTEL_INSTRUMENTATION_MESSAGING_ENABLED: String(!isControl) };
    const register = require.resolve('@queuetrace/register');
    const command = ['node', '--require', register, path.join(FOLDER, 'node/program.cjs')];
    return this._one(NODE, propagator, command, env);
  }

  async close(): Promise<void> {
    await Promise.all([...this._programs.values()].map(program => program.close()));
  }

  private _one(name: string, propagator: Propagator, command: string[], own: Readonly<Record<string, string>> = {}) {
    const key = JSON.stringify([name, propagator, own]);
    const existing = this._programs.get(key);
    if (existing) return existing;
    const program = new Program(name, command, {
      OTEL_SERVICE_NAME: name,
      OTEL_PROPAGATORS: PROPAGATORS[propagator],
      OTEL_EXPORTER_OTLP_ENDPOINT: this._receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      PYTHONDONTWRITEBYTECODE: '1',
      ...own,
    });
    this._programs.set(key, program);
    return program;
  }
}
