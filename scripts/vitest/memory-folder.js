import { chmodSync, mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';

/** Linux keeps what is in it in memory: what tests sync to disk there costs nothing. */
const MEMORY = '/dev/shm';
const PREFIX = 'darkroom-tests-';
/** Far more than the tests need: with less, as in many containers, their files stay on disk. */
const MIN_FREE_BYTES = 4 * 1024 ** 3;

function freeBytes() {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize;
  } catch {
    return 0;
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return thrown.code === 'EPERM';
  }
}

/** Removes the folders of runs that were killed. */
function removeOldFolders() {
  for (const name of readdirSync(MEMORY)) {
    if (!name.startsWith(PREFIX)) continue;
    const pid = Number(name.slice(PREFIX.length).split('-')[0]);
    if (!isRunning(pid)) rmSync(join(MEMORY, name), { recursive: true, force: true });
  }
}

/** Vitest global setup: temporary files of a run are in memory, where there is enough, and go with the run. */
export function setup() {
  const before = process.env.TMPDIR;
  // Another project of the same run has set it.
  if (before?.startsWith(join(MEMORY, PREFIX)) || freeBytes() < MIN_FREE_BYTES) return undefined;
  removeOldFolders();
  const folder = mkdtempSync(join(MEMORY, `${PREFIX}${process.pid}-`));
  // PostgreSQL runs as a user of its own.
  chmodSync(folder, 0o755);
  process.env.TMPDIR = folder;
  return () => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    rmSync(folder, { recursive: true, force: true });
  };
}
