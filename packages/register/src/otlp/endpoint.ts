import { readFileSync } from 'node:fs';
import type { OtlpHttpExporterConfigModel } from '@opentelemetry/configuration';
import { report } from '@queuetrace/messaging';
import { VERSION } from '../version';
import { http, type OtlpEndpoint } from './request';

export type Signal = 'traces' | 'metrics' | 'logs';

export function endpointOf(signal: Signal, model: NonNullable<OtlpHttpExporterConfigModel>): OtlpEndpoint {
  const url = urlOf(signal, model);
  const { ca_file, cert_file, key_file } = model.tls ?? {};
  const tls = { ca: fileOf(ca_file), cert: fileOf(cert_file), key: fileOf(key_file) };
  let agent: OtlpEndpoint['agent'] | undefined;
  return {
    url,
    headers: {
      'user-agent': `queuetrace-register/${VERSION}`,
      ...Object.fromEntries(headersOf(model)),
      'content-type': model.encoding === 'json' ? 'application/json' : 'application/x-protobuf',
      ...(model.compression === 'gzip' && { 'content-encoding': 'gzip' }),
    },
    isCompressed: model.compression === 'gzip',
    tls,
    // Made with the first export.
    get agent() {
      const { Agent } = http(url);
      return (agent ??= new Agent({ keepAlive: true, ...tls }));
    },
  };
}

function urlOf(signal: Signal, { endpoint }: NonNullable<OtlpHttpExporterConfigModel>): string {
  const byDefault = `http://localhost:4318/v1/${signal}`;
  if (!endpoint || /^https?:$/.test(URL.parse(endpoint)?.protocol ?? '')) return endpoint || byDefault;
  report(`the endpoint "${endpoint}" is none; allowed: a URL such as ${byDefault}, which is used.`);
  return byDefault;
}

function headersOf({ headers = [], headers_list }: NonNullable<OtlpHttpExporterConfigModel>): [string, string][] {
  const listed = headers_list?.split(',').map(pair => pair.split('=', 2).map(part => part.trim()) as [string, string]);
  return [...(listed ?? []), ...headers.map(({ name, value }): [string, string] => [name, value ?? ''])];
}

function fileOf(path: string | null | undefined): Buffer | undefined {
  if (!path) return undefined;
  try {
    return readFileSync(path);
  } catch (error) {
    report(`the certificate or key ${path} cannot be read (${(error as Error).message}). It is ignored.`);
    return undefined;
  }
}
