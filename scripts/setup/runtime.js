import { existsSync } from 'node:fs';
import { output, problem, run } from './processes.js';
import { BIN, inRoot, machineEnv } from './project.js';
import { SetupError, say } from './terminal.js';

/** Runs TypeScript as it is, and has `node:sqlite`. */
const NEEDED = 26;
const INSTALLED = inRoot('node_modules', 'node', 'bin', 'node');

const isNewEnough = (version) => Number(/^v(\d+)\./.exec(version ?? '')?.[1] ?? 0) >= NEEDED;
const works = (path) => existsSync(path) && isNewEnough(output(path, ['--version']));

/**
 * The Node that runs the server and the tools: the one from the npm package `node`, or the machine's own where that
 * is new enough. A machine that did not run that package's installer (install scripts are off) runs it here.
 */
export async function findRuntime() {
  if (works(INSTALLED)) return INSTALLED;
  if (!process.execPath.startsWith(inRoot('node_modules')) && isNewEnough(process.version)) return process.execPath;
  say(`Installing Node ${NEEDED}…`);
  await run('npm', ['rebuild', 'node', '--ignore-scripts=false'], { env: machineEnv() });
  if (works(INSTALLED)) return INSTALLED;
  throw new SetupError(
    `Darkroom needs Node ${NEEDED}; this is ${process.version}, and the one of the npm package "node" ${whyNot(INSTALLED)}, ` +
      'then run this again.',
  );
}

/** Why it does not work, and what to do. Small systems lack a library of it: the loader's own words say which. */
function whyNot(path) {
  if (!existsSync(path)) return `could not be installed in ${BIN}. Install Node ${NEEDED} on this machine`;
  const words = problem(path, ['--version']);
  const way = words.includes('libatomic.so.1')
    ? 'libatomic1 (or libatomic, as some systems call it)'
    : `Node ${NEEDED}`;
  return `does not run here: ${words}. Install ${way} on this machine`;
}
