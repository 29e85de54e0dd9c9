import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Server programs of the machine that tests start for themselves. */
export type Program = 'postgres' | 'redis-server';

/** Debian keeps PostgreSQL's programs in a folder for each version, outside PATH. */
function postgresFolders(root = '/usr/lib/postgresql'): readonly string[] {
  if (!existsSync(root)) return [];
  const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(root, version, 'bin'));
}

const FOLDERS = [
  ...(process.env['PATH'] ?? '').split(delimiter),
  '/usr/bin',
  '/usr/sbin',
  '/usr/local/bin',
  ...postgresFolders(),
];
const unwanted = (process.env['DARKROOM_SKIP'] ?? '').split(',');

/** Where a program is; undefined where it is not installed. */
export function findProgram(program: string): string | undefined {
  return FOLDERS.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

/** Why the tests that need `program` are skipped; undefined: they are not. With `CI=true` nothing is. */
export function skipReason(program: Program): string | undefined {
  const skipped = unwanted.includes(program) ? `${program} is named in DARKROOM_SKIP` : undefined;
  const reason = skipped ?? (findProgram(program) === undefined ? `${program} is not installed` : undefined);
  if (reason !== undefined && process.env['CI'] === 'true')
    throw new Error(`${reason}: with CI=true no test may be skipped.`);
  return reason;
}
