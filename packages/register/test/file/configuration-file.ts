import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AppOptions, AppResult } from '@queuetrace/test-utils';
import { runPreloaded } from '../preloaded';

/** Runs an app with this text as its configuration file, which is called `shop.yaml`. */
export async function runWithFile(app: string, yaml: string, options: AppOptions = {}): Promise<AppResult> {
  const folder = mkdtempSync(path.join(tmpdir(), 'configuration-file-'));
  const file = path.join(folder, 'shop.yaml');
  try {
    writeFileSync(file, yaml);
    return await runPreloaded(app, { ...options, env: { OTEL_CONFIG_FILE: file, ...options.env } });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A file with everything that a traced app needs, and this behind it. */
export function fileFor(collector: string, more = ''): string {
  return `
file_format: "1.0"
resource:
  attributes:
    - { name: service.name, value: shop }
propagator:
  composite_list: tracecontext,baggage
tracer_provider:
  processors:
    - batch:
        exporter:
          otlp_http: { endpoint: "${collector}/v1/traces" }
meter_provider:
  readers:
    - periodic:
        exporter:
          otlp_http: { endpoint: "${collector}/v1/metrics", temporality_preference: delta }
${more}`;
}
