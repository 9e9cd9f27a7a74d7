import * as api from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { report } from '@queuetrace/messaging';
import { CLIENT_NAMES } from './clients';
import { logDiagnostics } from './diag-logger';
import { configurationFromEnvironment } from './environment/configuration';
import { reportUnknownOptions } from './environment/unknown-options';
import { Variables, type Environment } from './environment/variables';
import { queuetrace } from './instrumentations';
import { flushAtEnd } from './lifecycle';
import { propagatorOf } from './sdk/propagators';
import { Sdk } from './sdk/sdk';

const DEFAULT_SHUTDOWN_TIMEOUT_MS = 2_000;

/** Starts the SDK and instruments the clients. */
export function start(env: Environment): void {
  const variables = new Variables(env);
  logDiagnostics(variables);
  if (variables.text('OTEL_CONFIG_FILE')) {
    report('OTEL_CONFIG_FILE is set, but configuration files are not read yet: the OTEL_* environment counts.');
  }
  const model = configurationFromEnvironment(variables);
  const sdk = new Sdk(model);
  registerGlobally(sdk, propagatorOf(model.propagator ?? {}));
  instrumentClients(sdk);
  flushAtEnd(sdk, variables.count(0, 'OTEL_MQ_SHUTDOWN_TIMEOUT') ?? DEFAULT_SHUTDOWN_TIMEOUT_MS);
  reportUnknownOptions(env);
}

/** For the app's own spans, and for whatever else asks the API. */
function registerGlobally({ tracerProvider, meterProvider, loggerProvider }: Sdk, propagator: api.TextMapPropagator) {
  const registered = [
    api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()),
    api.propagation.setGlobalPropagator(propagator),
    api.trace.setGlobalTracerProvider(tracerProvider),
  ];
  if (meterProvider) registered.push(api.metrics.setGlobalMeterProvider(meterProvider));
  if (loggerProvider) api.logs.setGlobalLoggerProvider(loggerProvider);
  if (registered.every(Boolean)) return;
  report('another OpenTelemetry SDK was started before: the app is traced by that one, as far as it can be.');
}

function instrumentClients({ tracerProvider, meterProvider, loggerProvider }: Sdk): void {
  // Made after the global meter provider is set: an instrument made before it would never record.
  const instrumentations = queuetrace();
  for (const instrumentation of instrumentations) {
    instrumentation.setTracerProvider(tracerProvider);
    if (meterProvider) instrumentation.setMeterProvider(meterProvider);
    if (loggerProvider) instrumentation.setLoggerProvider?.(loggerProvider);
  }
  const names = instrumentations.map(({ instrumentationName }) =>
    instrumentationName.replace(/.*instrumentation-/, ''),
  );
  api.diag.info(`queuetrace: on for ${names.join(', ') || 'no client'} (of ${CLIENT_NAMES.join(', ')})`);
}
