import { writeFileSync } from 'node:fs';
import { fingerprint } from './fingerprint.js';
import { run } from './processes.js';
import { inRoot, machineEnv, readIfThere, toolEnv } from './project.js';
import { findRuntime } from './runtime.js';
import { SetupError, say } from './terminal.js';

const LOCK = inRoot('package-lock.json');
const STAMP = inRoot('node_modules', '.darkroom-stamp');
/** What npm itself notes of its last install. */
const INSTALLED = inRoot('node_modules', '.package-lock.json');

/** Says of an entry of the lock file whether it belongs on this machine. */
function forThisMachine() {
  const libc = process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl';
  const fits = (list, ours) => list === undefined || list.includes(ours);
  return ([, entry]) => fits(entry.os, process.platform) && fits(entry.cpu, process.arch) && fits(entry.libc, libc);
}

/** Whether npm installed everything the lock file names for this machine, here or by hand. */
function lockIsInstalled() {
  const installed = JSON.parse(readIfThere(INSTALLED) ?? '{}').packages ?? {};
  return Object.entries(JSON.parse(readIfThere(LOCK)).packages)
    .filter(([path, entry]) => path.startsWith('node_modules/') && !entry.link && !(entry.optional && !entry.os))
    .filter(forThisMachine())
    .every(([path, entry]) => installed[path]?.version === entry.version);
}

/** Installs the packages of the lock file, unless that was done. Answers the Node that runs everything else. */
export async function installPackages() {
  const wanted = fingerprint([LOCK]);
  const stamp = readIfThere(STAMP);
  if (stamp === wanted) return findRuntime();
  if (!lockIsInstalled()) {
    say(stamp === undefined ? 'Installing packages (first start only)…' : 'Installing packages (they changed)…');
    await npmInstall(machineEnv());
  }
  const runtime = await findRuntime();
  // An old Node makes npm leave out native parts that Node 26 needs; npm on Node 26 adds them.
  if (!lockIsInstalled()) await npmInstall(toolEnv(runtime));
  writeFileSync(STAMP, wanted);
  return runtime;
}

/**
 * `npm install --no-save` takes the versions of the lock file, as `npm ci` does, and leaves that file as it is. It also
 * works where a registry lacks packages for other platforms, which `npm ci` then misses in the lock file, and after a
 * change it fetches only what changed.
 */
async function npmInstall(env) {
  const code = await run('npm', ['install', '--no-save'], { env }).catch((error) => {
    throw new SetupError(
      `npm could not be started (${error.message}). Install Node 18 or newer with npm, then run this again.`,
    );
  });
  if (code === 0) return;
  throw new SetupError(
    `The packages could not be installed: "npm install" ended with ${code}. Check the network and the disk, then run this again.`,
    code,
  );
}
