import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runApp, type AppOptions, type AppResult } from '@queuetrace/test-utils';

const CLI = path.resolve(__dirname, '../src/cli.js');

/** A folder with an app in it, for one test. */
export class App {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'queuetrace-doctor-'));

  write(file: string, content: string | object): void {
    const target = path.join(this.folder, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, typeof content === 'string' ? content : JSON.stringify(content));
  }

  /** As if it were installed there. */
  link(name: string): void {
    const target = path.join(this.folder, 'node_modules', name);
    mkdirSync(path.dirname(target), { recursive: true });
    const main = require.resolve(`${name}/package.json`, { paths: [__dirname] });
    symlinkSync(path.dirname(main), target, 'junction');
  }

  doctor(args: readonly string[] = [], env: AppOptions['env'] = {}): Promise<AppResult> {
    return runApp(CLI, { args: [this.folder, ...args], env });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
