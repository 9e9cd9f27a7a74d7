import { readFileSync } from 'node:fs';
import Module from 'node:module';
import path from 'node:path';
import satisfies from 'semver/functions/satisfies';
import { guarded } from './guarded';
import { importedCount, importedPackages, onImported } from './imported-packages';
import type { Patch } from './patch-table';
import { state } from './state';

/** What to patch in the exports of one file. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the patch border: a library's internal exports.
export type ClientFile = (exports: any) => Patch[];

export interface ClientModule {
  /** The package's name. */
  readonly name: string;
  /** Semver ranges; any of them. */
  readonly versions: readonly string[];
  /** Patches by file, relative to the package's folder. */
  readonly files: Readonly<Record<string, ClientFile>>;
  /** Which of the files is the package's main one: it is known under the package's name. */
  readonly main?: string;
  /** What of it stays untraced where it was made before the library is patched. */
  readonly closures?: string;
  /**
   * Matches what its code has in it and no other's, minified too: to find it in a bundle. Not its own source, since a
   * bundle may have us in it and not the library.
   */
  readonly bundleMark?: RegExp;
}

interface LoadedFile {
  module: ClientModule;
  version: string | undefined;
  exports: unknown;
  patches: ClientFile;
  how: string;
}

const cache = (Module as unknown as { _cache: Record<string, { exports: unknown; loaded: boolean } | undefined> })
  ._cache;

/**
 * Calls back when something may have been loaded past the hooks, as a main file from ESM is. Where a loader of somebody
 * else's hands sources to Node, a `require` in them is seen by no hook either.
 */
export function onLoaded(listener: () => void): void {
  let count = 0;
  onImported(() => {
    const before = count;
    count = Object.keys(cache).length + importedCount();
    if (count !== before) listener();
  });
}

/** The files of these modules that are there already, in every copy of the package. */
export function loadedFiles(modules: readonly ClientModule[]): LoadedFile[] {
  return [...requiredFiles(modules), ...modules.flatMap(importedFiles), ...modules.flatMap(bundledFiles)];
}

/** By CommonJS. */
function requiredFiles(modules: readonly ClientModule[]): LoadedFile[] {
  const wanted = modules.flatMap(module =>
    Object.entries(module.files).map(([file, patches]) => ({
      module,
      suffix: path.normalize(`/node_modules/${module.name}/${file}`),
      file: path.normalize(file),
      patches,
    })),
  );
  return Object.keys(cache).flatMap(filename =>
    wanted
      // One that is still loading has its exports only later, and its hook then.
      .filter(({ suffix }) => filename.endsWith(suffix) && cache[filename]!.loaded)
      .map(({ module, file, patches }) => ({
        module,
        version: versionOf(filename.slice(0, -file.length)),
        exports: cache[filename]!.exports,
        patches,
        how: `adopted: loaded without our hook${module.closures ? `; ${module.closures} made before stay untraced` : ''}`,
      })),
  );
}

/** Only a package's main file can be imported by its name. */
function importedFiles(module: ClientModule): LoadedFile[] {
  const { name, main, files } = module;
  if (main === undefined) return [];
  return importedPackages(name).map(({ version, exports }) => {
    return { module, version, exports, patches: files[main], how: 'imported' };
  });
}

function bundledFiles(module: ClientModule): LoadedFile[] {
  return Object.entries(module.files).flatMap(([file, patches]) =>
    state.bundled
      .of(module.name, file)
      .map(({ version, exports }) => ({ module, version, exports, patches, how: 'in the bundle' })),
  );
}

export function isSupported(version: string | undefined, { versions }: Pick<ClientModule, 'versions'>): boolean {
  return version !== undefined && versions.some(range => satisfies(version, range));
}

function versionOf(packageFolder: string): string | undefined {
  return guarded('reading a package version', () => {
    const { version } = JSON.parse(readFileSync(path.join(packageFolder, 'package.json'), 'utf8')) as {
      version: string;
    };
    return version;
  });
}
