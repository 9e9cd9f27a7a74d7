import path from 'node:path';
import { bundleWith, isSupported } from '@queuetrace/messaging';
import { libraries, type Library } from '@queuetrace/register/libraries';
import type { AppFolder } from './app-folder';
import { fine, note, problem, type Finding } from './finding';

/** Which clients there are, in which versions, and whether a hook will see them. */
export function examineLibraries(app: AppFolder, clientsOn: readonly string[]): Finding[] {
  const mains = libraries().filter(({ isMain }) => isMain);
  const findings = mains.flatMap(library => examineLibrary(app, library, clientsOn.includes(library.client)));
  if (findings.length > 0) return findings;
  const names = mains.map(({ name }) => name).join(', ');
  return [problem(`none of ${names} is installed here: there is nothing to trace`)];
}

function examineLibrary(app: AppFolder, library: Library, isOn: boolean): Finding[] {
  const { name } = library;
  const copies = app.copies(name);
  const bundle = bundled(app, library);
  const isMissing = copies.length === 0 && app.isDeclared(name) && !bundle && !app.hasPlugAndPlay;
  return [
    ...(isMissing ? [problem(`${name} is in package.json, but not installed`, 'npm install')] : []),
    ...(bundle ? [bundle] : []),
    ...copies.map(({ version, folder }) => {
      const where = copies.length > 1 ? ` (${path.relative(app.path, folder)})` : '';
      const what = `${name} ${version}${where}`;
      if (!isOn) return note(`${what} is not traced: it is turned off`);
      if (isSupported(version, library)) return fine(`${what} can be traced`);
      return problem(`${what} is not traced: this version is not supported`, `use ${library.versions.join(' or ')}`);
    }),
  ];
}

function bundled(app: AppFolder, { name, bundleMark }: Library): Finding | undefined {
  const file = bundleMark && bundleWith(name, bundleMark, app.mainFiles);
  if (!file) return undefined;
  const where = path.relative(app.path, file);
  return problem(
    `${name} is bundled into ${where}, where no hook sees it`,
    `build with @queuetrace/bundler-plugin, or leave ${name} out of the bundle`,
  );
}
