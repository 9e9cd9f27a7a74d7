import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { packagesIn, type InstalledPackage } from './installed-packages';

interface Manifest {
  readonly main?: string;
  readonly type?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** What is on the disk of an app that is not running. */
export class AppFolder {
  readonly manifest: Manifest;
  private readonly _installed: readonly InstalledPackage[];

  constructor(readonly path: string) {
    this.manifest = readManifest(path);
    this._installed = packagesIn(path);
  }

  /** Every copy of a package, wherever it is nested. */
  copies(name: string): InstalledPackage[] {
    return this._installed.filter(one => one.name === name);
  }

  isDeclared(name: string): boolean {
    return name in { ...this.manifest.dependencies, ...this.manifest.devDependencies };
  }

  /** Yarn's Plug'n'Play has the packages in archives. */
  get hasPlugAndPlay(): boolean {
    return ['.pnp.cjs', '.pnp.js'].some(name => existsSync(path.join(this.path, name)));
  }

  /** What is started: the main file, and whatever the scripts run. */
  get mainFiles(): string[] {
    const scripts = Object.values(this.manifest.scripts ?? {}).flatMap(
      script => script.match(/[\w@./-]+\.[cm]?js\b/g) ?? [],
    );
    const files = [this.manifest.main ?? 'index.js', ...scripts].map(file => path.resolve(this.path, file));
    return [...new Set(files)].filter(file => statSync(file, { throwIfNoEntry: false })?.isFile());
  }
}

function readManifest(folder: string): Manifest {
  try {
    return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as Manifest;
  } catch {
    return {};
  }
}
