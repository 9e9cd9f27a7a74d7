import type { Span } from '@opentelemetry/api';
import type { InstrumentationConfig } from '@opentelemetry/instrumentation';
import { OPTIONS, splitList, type Option, type OptionValues } from './options';
import { report } from './report';
import type { Vocabulary } from './semconv';
import { environment, state, type Environment } from './state';
import type { Operation } from './types';

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
const ENV_PREFIX = 'OTEL_INSTRUMENTATION_';

/**
 * Resolves each option, strongest source first: code, the configuration file, `OTEL_INSTRUMENTATION_<client>_*`,
 * `OTEL_INSTRUMENTATION_MESSAGING_*`, the variables that OpenTelemetry shares, the default.
 * A wrong value is told in one line and passed over.
 * @param client the client's short name: `kafkajs`, `amqplib`, `sqs`
 */
export function resolveConfig(
  client: string,
  code: MessagingConfig = {},
  env: Environment = environment(),
): ResolvedConfig {
  const shared: Partial<Record<string, unknown>> = {
    semconv: semconvOptIn(env),
    enabled: listedAsEnabled(client, env),
  };
  const values = Object.entries<Option<unknown>>(OPTIONS).map(([key, option]) => [
    key,
    fromCode(client, key, option, code) ??
      state.file?.options[client]?.[key] ??
      state.file?.options.messaging?.[key] ??
      fromEnv(`${ENV_PREFIX}${client.toUpperCase()}_${option.suffix}`, option, env) ??
      fromEnv(`${ENV_PREFIX}MESSAGING_${option.suffix}`, option, env) ??
      shared[key] ??
      option.default,
  ]);
  reportUnknown(client, code);
  return { ...(Object.fromEntries(values) as OptionValues), ...hooksOf(client, code) };
}

function fromCode(client: string, key: string, option: Option<unknown>, code: MessagingConfig): unknown {
  const value = code[key as keyof MessagingConfig];
  if (value === undefined || option.accepts(value)) return value;
  report(`${client}: option ${key} is ${show(value)}; allowed: ${option.allowed}. Using ${show(option.default)}.`);
  return option.default;
}

function fromEnv(name: string, option: Option<unknown>, env: Environment): unknown {
  const text = env[name]?.trim();
  if (!text) return undefined;
  const value = option.parse(text);
  if (value === undefined) report(`${name} is ${show(text)}; allowed: ${option.allowed}. It is ignored.`);
  return value;
}

function hooksOf(client: string, code: MessagingConfig): SpanHooks {
  const hooks: SpanHooks = {};
  for (const name of HOOKS) {
    if (typeof code[name] === 'function') hooks[name] = code[name];
    else if (code[name] !== undefined) report(`${client}: option ${name} is not a function. It is ignored.`);
  }
  return hooks;
}

function reportUnknown(client: string, code: MessagingConfig): void {
  for (const key of Object.keys(code)) {
    if (key in OPTIONS || HOOKS.includes(key as keyof SpanHooks)) continue;
    report(`${client}: there is no option ${key}; the options are ${[...Object.keys(OPTIONS), ...HOOKS].join(', ')}.`);
  }
}

/** OpenTelemetry's own switch (semantic-conventions, messaging, "Stability opt-in"). */
function semconvOptIn(env: Environment): readonly Vocabulary[] | undefined {
  const choices = splitList(env.OTEL_SEMCONV_STABILITY_OPT_IN ?? '');
  if (choices.includes('messaging/dup')) return ['1.45', '1.44', 'legacy'];
  return choices.includes('messaging') ? ['1.45'] : undefined;
}

function listedAsEnabled(client: string, env: Environment): boolean | undefined {
  const { OTEL_NODE_ENABLED_INSTRUMENTATIONS: enabled, OTEL_NODE_DISABLED_INSTRUMENTATIONS: disabled } = env;
  if (disabled && splitList(disabled).includes(client)) return false;
  return enabled ? splitList(enabled).includes(client) : undefined;
}

function show(value: unknown): string {
  return typeof value === 'string' ? `"${value.slice(0, 100)}"` : String(JSON.stringify(value) ?? value).slice(0, 100);
}
