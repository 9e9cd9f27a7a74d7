import { ENV_PREFIX, noEffect, OPTIONS, yamlName, type Option } from '../options';
import { report } from '../report';
import { state, type ConfigurationFile, type Environment } from '../state';
import { readSection, type Section } from './section';

/** Where a configuration file has options for instrumentations. */
export const SECTIONS_PATH = 'instrumentation/development.js';

/** What we read of the file's model; the rest is the SDK's. */
interface Model {
  readonly 'instrumentation/development'?: {
    readonly js?: Readonly<Record<string, Section>>;
    readonly general?: {
      readonly messaging?: { readonly semconv?: { readonly experimental?: boolean; readonly dual_emit?: boolean } };
      readonly stability_opt_in_list?: string | null;
    };
  };
}

export function configurationFileOf(path: string, model: object): ConfigurationFile {
  const { js = {}, general = {} } = (model as Model)['instrumentation/development'] ?? {};
  return { path, sections: js, environment: environmentOf(general) };
}

/** The file that `OTEL_CONFIG_FILE` names: read here where no preload has read it. */
export function configurationFile(): ConfigurationFile | undefined {
  const path = process.env.OTEL_CONFIG_FILE?.trim();
  if (state.file === undefined && path) state.file = readFile(path);
  return state.file ?? undefined;
}

function readFile(path: string): ConfigurationFile | null {
  const model = readModel(path, 'The options of queuetrace are read from the environment instead.');
  if (!model) return null;
  reportIgnoredVariables(path);
  return configurationFileOf(path, model);
}

/**
 * What a configuration file says, as `@opentelemetry/configuration` models it; each mistake is told in one line.
 * @param otherwise what happens where the file cannot be used
 */
export function readModel(path: string, otherwise: string): object | undefined {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a bundle of its own beside us, seldom loaded.
  const reader = require('@queuetrace/messaging/configuration-file') as typeof import('./configuration-file');
  const { model, mistakes } = reader.readConfigurationFile(path);
  mistakes.forEach((mistake, index) => {
    const isLast = !model && index === mistakes.length - 1;
    report(`OTEL_CONFIG_FILE ${path}: ${mistake}${isLast ? ` ${otherwise}` : ''}`);
  });
  return model;
}

/** Those of ours: whether others count is for whoever starts the SDK. */
function reportIgnoredVariables(path: string): void {
  const suffixes = Object.values(OPTIONS).map(({ suffix }) => `_${suffix}`);
  const names = Object.keys(process.env).filter(
    name => name.startsWith(ENV_PREFIX) && suffixes.some(suffix => name.endsWith(suffix)),
  );
  if (names.length === 0) return;
  report(`OTEL_CONFIG_FILE is set, so ${path} is where options are read, and not: ${names.sort().join(', ')}.`);
}

/** The environment that counts: with a configuration file, what is set outside of it is not read. */
export function environment(): Environment {
  return configurationFile()?.environment ?? process.env;
}

/** Options of one client: its own count more than those of all. */
export function fileOptions({ sections }: ConfigurationFile, client: string, packageName?: string): Section {
  const owners = ['messaging', packageName, client];
  const keys = owners.flatMap(owner => Object.keys(sections).filter(key => ownerOf(key) === owner));
  const read = keys.map(key => {
    const path = `${SECTIONS_PATH}.${key}`;
    const options = readSection(sections[key] ?? {}, path, OPTIONS);
    if (ownerOf(key) !== 'messaging') reportNoEffect(options, path, client);
    return options;
  });
  return Object.assign({}, ...read);
}

function reportNoEffect(options: Section, path: string, client: string): void {
  for (const key of Object.keys(options) as (keyof typeof OPTIONS)[]) {
    const line = noEffect(`${path}.${yamlName(key)}`, client, OPTIONS[key] as Option<unknown>);
    if (line) report(line);
  }
}

export function ownerOf(key: string): string {
  return key.replace(/\/development$/, '');
}

/** The file's own words for what `OTEL_SEMCONV_STABILITY_OPT_IN` says; those of one domain count more. */
function environmentOf(
  general: NonNullable<NonNullable<Model['instrumentation/development']>['general']>,
): Environment {
  const { semconv } = general.messaging ?? {};
  if (!semconv) return { OTEL_SEMCONV_STABILITY_OPT_IN: general.stability_opt_in_list ?? undefined };
  if (!semconv.experimental) return {};
  return { OTEL_SEMCONV_STABILITY_OPT_IN: semconv.dual_emit ? 'messaging/dup' : 'messaging' };
}
