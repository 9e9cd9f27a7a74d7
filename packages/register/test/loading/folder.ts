import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A fresh folder for each test. Call it in a describe body. */
export function withFolder(): { readonly path: string } {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'queuetrace-loading-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  return {
    get path() {
      return folder;
    },
  };
}

/** A copy of kafkajs that says it is of this version. */
export function copyKafkaJs(into: string, version?: string): string {
  const original = path.dirname(require.resolve('kafkajs/package.json'));
  const folder = path.join(into, 'node_modules/kafkajs');
  mkdirSync(path.dirname(folder), { recursive: true });
  cpSync(original, folder, { recursive: true });
  if (version) {
    const manifest = path.join(folder, 'package.json');
    const text = JSON.parse(readFileSync(manifest, 'utf8')) as object;
    writeFileSync(manifest, JSON.stringify({ ...text, version }));
  }
  return folder;
}
