import { tracingChannel } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { guarded } from './guarded';

/** A package that `import()` gave: where it is an ES module, no hook and no cache of CommonJS has it. */
export interface ImportedPackage {
  readonly name: string;
  readonly version: string | undefined;
  readonly exports: unknown;
}

/** What Node.js says of an `import()`. */
interface Imported {
  /** As it was written. */
  url?: string;
  parentURL?: string;
  result?: unknown;
}

const imported = new Map<unknown, ImportedPackage>();

/** Calls back after each `import()`, and when the app's main file has been loaded. */
export function onImported(listener: () => void): void {
  tracingChannel('module.import').asyncEnd.subscribe(message => {
    guarded('reading an import', () => remember(message as Imported));
    listener();
  });
}

export const importedCount = (): number => imported.size;

export function importedPackages(name: string): ImportedPackage[] {
  return [...imported.values()].filter(one => one.name === name);
}

function remember({ url: name, parentURL, result }: Imported): void {
  // Anything but a package's name.
  if (!name || !parentURL || /^[./]|^\w+:/.test(name) || imported.has(result)) return;
  imported.set(result, { name, version: versionOf(name, parentURL), exports: result });
}

function versionOf(name: string, parentURL: string): string | undefined {
  const file = findPackageJSON(name, parentURL);
  return file && (JSON.parse(readFileSync(file, 'utf8')) as { version?: string }).version;
}
