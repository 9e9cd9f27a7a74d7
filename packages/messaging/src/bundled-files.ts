import { readFileSync, statSync } from 'node:fs';
import Module from 'node:module';
import { guarded } from './guarded';

/** A library's file inside of the app's bundle: handed over by a line that `@queuetrace/bundler-plugin` adds to it. */
export interface BundledFile {
  /** As {@link bundledId} makes it. */
  readonly id: string;
  readonly version: string;
  readonly exports: unknown;
}

/** Spelled in the added line too: a bundle is built with one version of us, and runs beside another. */
const KEY = Symbol.for('queuetrace.bundled.v1');
type Bundled = BundledFile[];

export function bundledId(packageName: string, file: string): string {
  return `queuetrace:${packageName}/${file}`;
}

/** What the bundle has run so far, and what it runs from now on. Made once in a process. */
export class BundledFiles {
  private readonly _listeners: (() => void)[] = [];
  private readonly _files: Bundled = ((globalThis as { [KEY]?: Bundled })[KEY] ??= []);

  constructor() {
    this._files.push = (...files) => {
      const length = Array.prototype.push.apply(this._files, files);
      guarded('patching a bundle', () => this._listeners.forEach(listener => listener()));
      return length;
    };
  }

  onBundled(listener: () => void): void {
    this._listeners.push(listener);
  }

  of(packageName: string, file: string): readonly BundledFile[] {
    const id = bundledId(packageName, file);
    return this._files.filter(one => one.id === id);
  }
}

/** An app's own files are smaller, and more. */
const MIN_BUNDLE_BYTES = 50_000;
const MAX_FILES = 50;

/**
 * The app's file that has this library in it, where no hook sees it; undefined where there is none, or where the
 * bundler's plugin has seen to it.
 * @param mark see `ClientModule.bundleMark`
 */
export function bundleWith(packageName: string, mark: RegExp, files = appFiles()): string | undefined {
  return files.find(file => {
    const text = guarded('looking into the app', () => textOfBundle(file));
    return text !== undefined && mark.test(text) && !text.includes(bundledId(packageName, ''));
  });
}

/** Of this process. */
function appFiles(): string[] {
  const { _cache: cache } = Module as unknown as { _cache: Record<string, unknown> };
  const own = Object.keys(cache).filter(file => !/[\\/]node_modules[\\/]/.test(file));
  return [...new Set([...process.argv.slice(1, 2), ...(own.length > MAX_FILES ? [] : own)])];
}

function textOfBundle(file: string): string | undefined {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat?.isFile() && stat.size >= MIN_BUNDLE_BYTES ? readFileSync(file, 'utf8') : undefined;
}
