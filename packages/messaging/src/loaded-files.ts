import { readFileSync } from 'node:fs';
import Module from 'node:module';
import path from 'node:path';
import semver from 'semver';
import { guarded } from './guarded';
import type { Patch } from './patch-table';

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
}

interface LoadedFile {
  exports: unknown;
  patches: ClientFile;
}

/** The files of these modules that CommonJS has loaded already, in every copy of the package and in a supported version. */
export function loadedFiles(modules: readonly ClientModule[]): LoadedFile[] {
  const cache = (Module as unknown as { _cache: Record<string, { exports: unknown; loaded: boolean } | undefined> })
    ._cache;
  const wanted = modules.flatMap(({ name, versions, files }) =>
    Object.entries(files).map(([file, patches]) => ({
      suffix: path.normalize(`/node_modules/${name}/${file}`),
      file: path.normalize(file),
      versions,
      patches,
    })),
  );
  return Object.keys(cache).flatMap(filename =>
    wanted
      .filter(
        ({ suffix, file, versions }) =>
          filename.endsWith(suffix) && isSupported(filename.slice(0, -file.length), versions),
      )
      .map(({ patches }) => ({ exports: cache[filename]!.exports, patches })),
  );
}

function isSupported(packageFolder: string, versions: readonly string[]): boolean {
  const version = guarded('reading a package version', () => {
    const { version } = JSON.parse(readFileSync(path.join(packageFolder, 'package.json'), 'utf8')) as {
      version: string;
    };
    return version;
  });
  return version !== undefined && versions.some(range => semver.satisfies(version, range));
}
