import { createRequire } from 'node:module';
import path from 'node:path';
import type * as Api from '@opentelemetry/api';

export interface AppApi {
  readonly api: typeof Api;
  readonly version: string;
  readonly file: string;
}

const NAME = '@opentelemetry/api';

let found: AppApi | undefined;

/**
 * The API that the app itself uses, so that there is one; else the one beside this package.
 * @throws where there is none that can be used
 */
export function appApi(): AppApi {
  return (found ??= findApi());
}

function findApi(): AppApi {
  const unusable: string[] = [];
  for (const from of [process.argv[1], path.join(process.cwd(), 'index.js'), __filename]) {
    const file = from && resolveFrom(from);
    if (!file) continue;
    const version = versionOf(file);
    if (/^1\.(9|\d\d+)\./.test(version)) return { api: withLogs(load(file)), version, file };
    unusable.push(`${version} at ${file}`);
  }
  const seen = unusable.length > 0 ? ` (found ${[...new Set(unusable)].join(' and ')})` : '';
  throw new Error(`${NAME} >=1.9.0 <2 is needed${seen}: npm install ${NAME}`);
}

function resolveFrom(from: string): string | undefined {
  try {
    return createRequire(path.resolve(from)).resolve(NAME);
  } catch {
    return undefined;
  }
}

function load(file: string): typeof Api {
  return createRequire(file)(file) as typeof Api;
}

/** From the file next to it, since `package.json` is not among the exports. */
function versionOf(file: string): string {
  const folder = file.slice(0, file.lastIndexOf(path.normalize(NAME)) + NAME.length);
  try {
    return (createRequire(file)(path.join(folder, 'package.json')) as { version: string }).version;
  } catch {
    return 'unknown';
  }
}

/** APIs before 1.10 have no logs; `@opentelemetry/instrumentation` asks for a logger all the same. */
function withLogs(api: typeof Api): typeof Api {
  if ('logs' in api) return api;
  const logger = { emit() {}, enabled: () => false };
  return { ...(api as object), logs: { getLogger: () => logger } } as unknown as typeof Api;
}
