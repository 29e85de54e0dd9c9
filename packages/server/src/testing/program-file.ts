import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCES = fileURLToPath(new URL('..', import.meta.url));

/**
 * The file to start for a program of the server: its bundle where the test run has made them
 * (`scripts/vitest/bundle-programs.js`), else its source. `path` is relative to `packages/server/src`.
 */
export function programFile(path: `${string}.ts`): string {
  const bundles = process.env['DARKROOM_TEST_PROGRAMS'];
  return bundles === undefined ? join(SOURCES, path) : join(bundles, path.replace(/\.ts$/, '.js'));
}
