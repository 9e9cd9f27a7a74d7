import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { FOLDER, type Language } from './peers';

/** What was built, language by language: the folder, or why there is none. */
class Languages {
  readonly folders = new Map<Language, string>();
  readonly missing = new Map<Language, string>();

  constructor() {
    // It says on standard error what it does, as it may take minutes.
    const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit'];
    const { stdout, error } = spawnSync('bash', [path.join(FOLDER, 'build-programs.sh')], { stdio, encoding: 'utf8' });
    if (error) throw error;
    for (const line of stdout.trim().split('\n')) {
      const [, language, problem, folder] = /^(\w+) (?:!! (.*)|(.*))$/.exec(line)!;
      if (problem) this.missing.set(language as Language, problem);
      else this.folders.set(language as Language, folder);
    }
  }
}

export const languages = new Languages();
