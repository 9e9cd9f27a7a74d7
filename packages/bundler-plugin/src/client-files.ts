import { readFileSync } from 'node:fs';
import path from 'node:path';
import { bundledId } from '@queuetrace/messaging';
import { libraries } from '@queuetrace/register/libraries';

/** The file that a bundler's id stands for: some put a query behind it. */
interface ClientFile {
  readonly packageFolder: string;
  readonly packageName: string;
  /** Relative to the package's folder, with slashes. */
  readonly file: string;
}

let ids: Set<string> | undefined;

export function isClientFile(id: string): boolean {
  ids ??= new Set(libraries().flatMap(({ name, files }) => files.map(file => bundledId(name, file))));
  const found = clientFile(id);
  return found !== undefined && ids.has(bundledId(found.packageName, found.file));
}

/** The same code with one line behind it, so that what stands in the file keeps its place. */
export function handedOver(code: string, id: string): string {
  const { packageFolder, packageName, file } = clientFile(id)!;
  const isModule = /^(?:import|export)[\s{*]/m.test(code);
  const self = '__queuetraceSelf';
  const [before, exports] = isModule
    ? [`import * as ${self} from ${JSON.stringify(`./${path.posix.basename(file)}`)};\n`, self]
    : ['', 'module.exports'];
  const entry = [
    `id: ${JSON.stringify(bundledId(packageName, file))}`,
    `version: ${JSON.stringify(versionOf(packageFolder))}`,
    `exports: ${exports}`,
  ];
  // A file may end without a semicolon.
  return `${code}\n;${before}(globalThis[Symbol.for("queuetrace.bundled.v1")] ??= []).push({ ${entry.join(', ')} });\n`;
}

function clientFile(id: string): ClientFile | undefined {
  // Rollup's mark of what is not a file.
  if (id.startsWith('\0')) return undefined;
  const [filename] = id.replaceAll('\\', '/').split('?');
  const match = /^(.*\/node_modules\/((?:@[^/]+\/)?[^/]+))\/(.+)$/.exec(filename);
  return match ? { packageFolder: match[1], packageName: match[2], file: match[3] } : undefined;
}

function versionOf(packageFolder: string): string {
  const manifest = readFileSync(path.join(packageFolder, 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
