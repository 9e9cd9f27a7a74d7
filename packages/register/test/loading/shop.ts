import path from 'node:path';
import { withShopAddresses, type AppOptions, type AppResult, type OtlpReceiver } from '@queuetrace/test-utils';
import { runPreloaded } from '../preloaded';

/** Call it in a describe body. */
export function withShop() {
  const addresses = withShopAddresses();
  return {
    addresses,
    run: (app: string, receiver: OtlpReceiver, options: AppOptions = {}): Promise<AppResult> =>
      runPreloaded(path.join('loading', app), {
        args: addresses(),
        ...options,
        env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, ...options.env },
      }),
  };
}
