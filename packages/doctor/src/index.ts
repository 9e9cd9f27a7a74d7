import path from 'node:path';
import { AppFolder } from './app-folder';
import { examineLibraries } from './libraries';
import { examineOthers } from './other-tools';
import { examineRun, type RunOptions } from './run';
import { examineStart } from './start-of-app';
import { examineTrial, trial } from './trial';
import type { Finding } from './finding';

export type { Finding, Level } from './finding';

export interface ExamineOptions {
  /** The app's folder. */
  readonly folder: string;
  /** The environment that it runs in. Default: this process's. */
  readonly env?: NodeJS.ProcessEnv;
  /** To run it as well. */
  readonly run?: Pick<RunOptions, 'args' | 'seconds' | 'asIs' | 'stdout'>;
}

/** What will be traced of an app, what not, and why. */
export async function examine({ folder, env = process.env, run }: ExamineOptions): Promise<Finding[]> {
  const app = new AppFolder(path.resolve(folder));
  const tried = await trial(app.path, env);
  const clientsOn = tried.state?.clients ?? [];
  return [
    ...examineStart(app, env, process.versions.node),
    ...examineTrial(tried),
    ...examineLibraries(app, clientsOn),
    ...examineOthers(app, clientsOn, env),
    ...(run ? await examineRun({ ...run, folder: app.path, env }) : []),
  ];
}
