import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** Loads a module when asked, and in a way that instrumentations see: what is to be patched must not be there before. */
export const load = createRequire(__filename);

/** Puts a stub in the place of a module of a library's, before the library is loaded. */
export function stubModule(file: string, stub: unknown): void {
  const id = load.resolve(file);
  load.cache[id] = {
    id,
    filename: id,
    path: id,
    exports: stub,
    loaded: true,
    children: [],
    paths: [],
  } as unknown as NodeModule;
}

/** A file of a package, whether the package means it to be loaded or not. */
export function loadFile(packageName: string, file: string): unknown {
  const [folder] = load.resolve.paths(packageName)!.filter(one => existsSync(path.join(one, packageName)));
  return load(path.join(folder, packageName, file));
}
