import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Programs of the machine that tests start for themselves. */
export type Program = 'apache2' | 'chromium' | 'haproxy' | 'nginx' | 'postgres' | 'redis-server';

/** Files that will do for a program, best first, where it is not the one of its name. */
const FILES: Partial<Record<Program, readonly string[]>> = { chromium: ['chromium-headless-shell', 'chromium'] };

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
function findProgram(program: Program): string | undefined {
  const paths = (FILES[program] ?? [program]).flatMap((file) => FOLDERS.map((folder) => join(folder, file)));
  return paths.find((path) => existsSync(path));
}

/** The program's path; ask `skipReason` first. */
export function pathOf(program: Program): string {
  const path = findProgram(program);
  if (path === undefined) throw new Error(`${program} is not installed`);
  return path;
}

/** Why the tests that need `program` are skipped; undefined: they are not. With `CI=true` nothing is. */
export function skipReason(program: Program): string | undefined {
  const skipped = unwanted.includes(program) ? `${program} is named in DARKROOM_SKIP` : undefined;
  const reason = skipped ?? (findProgram(program) === undefined ? `${program} is not installed` : undefined);
  if (reason !== undefined && process.env['CI'] === 'true')
    throw new Error(`${reason}: with CI=true no test may be skipped.`);
  return reason;
}
