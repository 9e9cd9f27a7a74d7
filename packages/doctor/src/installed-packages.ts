import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';

export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
}

/** Where pnpm and others keep what `node_modules` only links to. */
const STORES = ['.pnpm', '.store'];

/** Every package that an app in this folder could load, and every copy of it, once. */
export function packagesIn(folder: string): InstalledPackage[] {
  const found = new Map<string, InstalledPackage>();
  for (let one = folder; ; one = path.dirname(one)) {
    readNodeModules(path.join(one, 'node_modules'), found);
    if (path.dirname(one) === one) return [...found.values()];
  }
}

function readNodeModules(nodeModules: string, found: Map<string, InstalledPackage>): void {
  for (const folder of packageFolders(nodeModules)) {
    const real = realpathSync(folder);
    if (found.has(real)) continue;
    const manifest = readManifest(real);
    if (manifest) found.set(real, { ...manifest, folder: real });
    readNodeModules(path.join(real, 'node_modules'), found);
  }
  for (const store of STORES.map(name => path.join(nodeModules, name)).filter(one => existsSync(one))) {
    for (const name of readdirSync(store)) readNodeModules(path.join(store, name, 'node_modules'), found);
  }
}

function packageFolders(nodeModules: string): string[] {
  if (!existsSync(nodeModules)) return [];
  const names = readdirSync(nodeModules).filter(name => !name.startsWith('.'));
  return names
    .flatMap(name =>
      name.startsWith('@') ? readdirSync(path.join(nodeModules, name)).map(one => `${name}/${one}`) : name,
    )
    .map(name => path.join(nodeModules, name))
    .filter(folder => existsSync(path.join(folder, 'package.json')));
}

function readManifest(folder: string): { name: string; version: string } | undefined {
  try {
    const { name, version } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as InstalledPackage;
    return { name, version };
  } catch {
    return undefined;
  }
}
