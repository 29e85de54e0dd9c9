import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Where a failed test leaves its screenshot and its page's console. */
export const EVIDENCE = join(ROOT, '.cache', 'e2e');

/** Programs of the machine that tests need. */
export type Program = 'chromium' | 'nginx';

const FOLDERS = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/sbin', '/usr/local/bin'];
const unwanted = (process.env['DARKROOM_SKIP'] ?? '').split(',');

/** Where a program is; undefined where it is not installed. */
function find(program: Program): string | undefined {
  return FOLDERS.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

/** Why the tests that need `program` are skipped; undefined: they are not. With `CI=true` nothing is. */
export function skipReason(program: Program): string | undefined {
  const skipped = unwanted.includes(program) ? `${program} is named in DARKROOM_SKIP` : undefined;
  const reason = skipped ?? (find(program) === undefined ? `${program} is not installed` : undefined);
  if (reason !== undefined && process.env['CI'] === 'true')
    throw new Error(`${reason}: with CI=true no browser test may be skipped.`);
  return reason;
}

/** The program's path; ask `skipReason` first. */
export function pathOf(program: Program): string {
  const path = find(program);
  if (path === undefined) throw new Error(`${program} is not installed`);
  return path;
}
