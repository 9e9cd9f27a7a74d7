import * as api from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { report, type Environment } from '@queuetrace/messaging';
import { CLIENT_NAMES } from './clients';
import { settingsFromEnvironment } from './environment/settings';
import { settingsFromFile } from './file/settings';
import { queuetrace } from './instrumentations';
import { flushAtEnd } from './lifecycle';
import { propagatorOf } from './sdk/propagators';
import { Sdk } from './sdk/sdk';

/** Starts the SDK and instruments the clients; undefined where it is not to be started. */
export function start(env: Environment): Sdk | undefined {
  const file = env.OTEL_CONFIG_FILE?.trim();
  const settings = file ? settingsFromFile(file, env) : settingsFromEnvironment(env);
  if (!settings) return undefined;
  const { model, shutdownTimeoutMs } = settings;
  const sdk = new Sdk(model);
  registerGlobally(sdk, propagatorOf(model.propagator ?? {}));
  instrumentClients(sdk);
  flushAtEnd(sdk, shutdownTimeoutMs);
  return sdk;
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
