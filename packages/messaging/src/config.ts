import type { Span } from '@opentelemetry/api';
import type { InstrumentationConfig } from '@opentelemetry/instrumentation';
import { configurationFile, environment, fileOptions } from './file/file-options';
import { isObject } from './is-object';
import { didYouMean, nearest } from './nearest';
import { ENV_PREFIX, OPTIONS, splitList, type Option, type OptionValues } from './options';
import { report } from './report';
import type { Vocabulary } from './semconv';
import type { Environment } from './state';
import type { Operation } from './types';
import { shown, wrongValue } from './wrong-value';

/** Called with a span just after it has started; what it throws is caught and told. */
export type SpanHook = (span: Span, operation: Operation<unknown>) => void;

export interface SpanHooks {
  sendHook?: SpanHook;
  receiveHook?: SpanHook;
  processHook?: SpanHook;
  settleHook?: SpanHook;
}

/** What a user may set in code; the rest comes from the environment, then from the defaults. */
export type MessagingConfig = Partial<OptionValues> & SpanHooks & InstrumentationConfig;

/** A configuration with every option resolved. */
export type ResolvedConfig = OptionValues & SpanHooks & InstrumentationConfig;

const HOOKS: readonly (keyof SpanHooks)[] = ['sendHook', 'receiveHook', 'processHook', 'settleHook'];

/** The sources of one client's options. */
interface Sources {
  /** The client's short name: `kafkajs`, `amqplib`, `sqs`. */
  readonly client: string;
  readonly code: MessagingConfig;
  readonly file: Readonly<Record<string, unknown>>;
  readonly env: Environment;
}

/**
 * Resolves each option, strongest source first: code, the configuration file, `OTEL_INSTRUMENTATION_<client>_*`,
 * `OTEL_INSTRUMENTATION_MESSAGING_*`, the variables that OpenTelemetry shares, the default. With a configuration file the
 * environment does not count. A wrong value is told in one line and passed over.
 * @param packageName the instrumentation's: a file may have its options under that name too
 */
export function resolveConfig(
  client: string,
  code: MessagingConfig = {},
  env: Environment = environment(),
  packageName?: string,
): ResolvedConfig {
  const given = checkedObject(client, code);
  const ofFile = configurationFile();
  const sources: Sources = { client, code: given, file: ofFile ? fileOptions(ofFile, client, packageName) : {}, env };
  const shared: Partial<Record<string, unknown>> = {
    semconv: semconvOptIn(env),
    enabled: listedAsEnabled(client, env),
  };
  const values = Object.entries<Option<unknown>>(OPTIONS).map(([key, option]) => [
    key,
    valueOf(key, option, sources) ?? shared[key] ?? option.default,
  ]);
  reportUnknown(client, given);
  return { ...(Object.fromEntries(values) as OptionValues), ...hooksOf(client, given) };
}

function checkedObject(client: string, code: unknown): MessagingConfig {
  if (isObject(code)) return code as MessagingConfig;
  report(`${client}: the options are ${shown(code)}; allowed: an object. They are ignored.`);
  return {};
}

function valueOf(key: string, option: Option<unknown>, { client, code, file, env }: Sources): unknown {
  const name = `${ENV_PREFIX}${client.toUpperCase()}_${option.suffix}`;
  const inCode = fromCode(client, key, option, code);
  const ofClient = fromEnv(name, option, env);
  if (inCode === undefined)
    return file[key] ?? ofClient ?? fromEnv(`${ENV_PREFIX}MESSAGING_${option.suffix}`, option, env);
  const isOther = ofClient !== undefined && shown(ofClient) !== shown(inCode);
  if (isOther) report(`${name} is ${shown(ofClient)}, but code says ${shown(inCode)} and counts more.`);
  return inCode;
}

function fromCode(client: string, key: string, option: Option<unknown>, code: MessagingConfig): unknown {
  const value = code[key as keyof MessagingConfig];
  if (value === undefined || option.accepts(value)) return value;
  report(wrongValue(`${client}: option ${key}`, value, option));
  return undefined;
}

function fromEnv(name: string, option: Option<unknown>, env: Environment): unknown {
  const text = env[name]?.trim();
  if (!text) return undefined;
  const value = option.parse(text);
  if (value === undefined) report(wrongValue(name, text, option));
  return value;
}

function hooksOf(client: string, code: MessagingConfig): SpanHooks {
  const hooks: SpanHooks = {};
  for (const name of HOOKS) {
    if (typeof code[name] === 'function') hooks[name] = code[name];
    else if (code[name] !== undefined) {
      report(`${client}: option ${name} is ${shown(code[name])}; allowed: a function. It is ignored.`);
    }
  }
  return hooks;
}

function reportUnknown(client: string, code: MessagingConfig): void {
  const known = [...Object.keys(OPTIONS), ...HOOKS];
  for (const key of Object.keys(code).filter(one => !known.includes(one))) {
    const near = didYouMean(key, known);
    report(`${client}: there is no option ${key}; the options are ${known.join(', ')}. It is ignored.${near}`);
  }
}

/** OpenTelemetry's own switch (semantic-conventions, messaging, "Stability opt-in"). */
function semconvOptIn(env: Environment): readonly Vocabulary[] | undefined {
  const name = 'OTEL_SEMCONV_STABILITY_OPT_IN';
  const choices = splitList(env[name] ?? '');
  // Other choices are other instrumentations'.
  const wrong = choices.find(one => !OPT_INS.includes(one) && nearest(one, OPT_INS));
  if (wrong)
    report(`${name}: "${wrong}" is not known; for messaging: ${OPT_INS.join(', ')}.${didYouMean(wrong, OPT_INS)}`);
  if (choices.includes('messaging/dup')) return ['1.45', '1.44', 'legacy'];
  return choices.includes('messaging') ? ['1.45'] : undefined;
}

const OPT_INS = ['messaging', 'messaging/dup'];

function listedAsEnabled(client: string, env: Environment): boolean | undefined {
  const enabled = splitList(env[ENABLED_LIST] ?? '');
  const isDisabled = splitList(env[DISABLED_LIST] ?? '').includes(client);
  if (isDisabled && enabled.includes(client)) {
    report(`${ENABLED_LIST} and ${DISABLED_LIST} both name ${client}: it is off.`);
  }
  if (isDisabled) return false;
  return enabled.length > 0 ? enabled.includes(client) : undefined;
}

const ENABLED_LIST = 'OTEL_NODE_ENABLED_INSTRUMENTATIONS';
const DISABLED_LIST = 'OTEL_NODE_DISABLED_INSTRUMENTATIONS';
