import semver from 'semver';
import type { AppFolder } from './app-folder';
import { fine, note, problem, type Finding } from './finding';

const PRELOAD = '@queuetrace/register';
const OLDEST_NODE = '22.15.0';

/** How the app is started, and whether queuetrace is started with it. */
export function examineStart(app: AppFolder, env: NodeJS.ProcessEnv, nodeVersion: string): Finding[] {
  return [nodeFinding(nodeVersion), preloadFinding(app, env), ...moduleFindings(app)];
}

function nodeFinding(version: string): Finding {
  if (semver.gte(version, OLDEST_NODE)) return fine(`Node.js ${version}`);
  return problem(`Node.js ${version} is too old`, `${OLDEST_NODE} or newer`);
}

function preloadFinding(app: AppFolder, env: NodeJS.ProcessEnv): Finding {
  const [register] = app.copies(PRELOAD);
  const classes = ['kafkajs', 'amqplib', 'aws-sdk-client-sqs'].map(name => `@queuetrace/instrumentation-${name}`);
  const [inCode] = classes.filter(name => app.isDeclared(name));
  const scripts = Object.entries(app.manifest.scripts ?? {}).filter(([, script]) => script.includes(PRELOAD));
  if (env.NODE_OPTIONS?.includes(PRELOAD)) return fine(`${PRELOAD} is preloaded by NODE_OPTIONS`);
  if (scripts.length > 0) return fine(`${PRELOAD} is preloaded by npm run ${scripts.map(([name]) => name).join(', ')}`);
  if (inCode) return note(`${inCode} is for the app's own code to register: whether it does, --run says`);
  if (!register && !app.hasPlugAndPlay) return problem(`${PRELOAD} is not installed`, `npm install ${PRELOAD}`);
  return note(
    `nothing here preloads ${PRELOAD}`,
    `node --require ${PRELOAD} app.js, or NODE_OPTIONS="--require ${PRELOAD}"`,
  );
}

function moduleFindings(app: AppFolder): Finding[] {
  const isModule = app.manifest.type === 'module';
  return [
    ...(isModule ? [fine('ES modules: --require and --import do the same, no loader is needed')] : []),
    ...(app.hasPlugAndPlay ? [note("Yarn Plug'n'Play: the libraries are in archives, --run says what is traced")] : []),
  ];
}
