import { readFileSync } from 'node:fs';
import path from 'node:path';
import { FOLDER, type Language } from './peers';

/** How each language's file of pinned versions spells one. */
const FILES: Record<Language, { file: string; pattern: RegExp }> = {
  python: { file: 'python/requirements.txt', pattern: /^([\w-]+)==(\S+)$/gm },
  go: { file: 'go/go.mod', pattern: /^\s*([\w./-]+) v(\S+)$/gm },
  java: { file: 'java/pom.xml', pattern: /<artifactId>([\w-]+)<\/artifactId>\s*<version>([\w.-]+)<\/version>/g },
};

/** The version of a package that programs are built with. */
export function versionOf(language: Language, name: string): string {
  const { file, pattern } = FILES[language];
  const pins = readFileSync(path.join(FOLDER, file), 'utf8').matchAll(pattern);
  const [, , version] = [...pins].find(([, pinned]) => pinned === name) ?? [];
  if (!version) throw new Error(`${file} has no version of ${name}`);
  return version;
}
