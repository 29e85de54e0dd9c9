import { existsSync, writeFileSync } from 'node:fs';
import { fingerprint } from './fingerprint.js';
import { run } from './processes.js';
import { inRoot, readIfThere, toolEnv } from './project.js';
import { SetupError, say } from './terminal.js';

const WEB = inRoot('packages', 'web');
const STAMP = inRoot('packages', 'web', 'dist', '.stamp');
const SOURCES = ['packages/web', 'packages/client', 'packages/protocol', 'tsconfig.base.json', 'package-lock.json'];

/** Builds the web app into `packages/web/dist`, unless its sources are those of the last build. */
export async function buildWebApp(runtime) {
  const sources = fingerprint(SOURCES.map((path) => inRoot(path)));
  if (readIfThere(STAMP) === sources) return;
  say('Building the web app…');
  const vite = inRoot('node_modules', 'vite', 'bin', 'vite.js');
  const code = await run(runtime, [vite, 'build', '--logLevel', 'warn'], {
    cwd: WEB,
    env: { ...toolEnv(runtime), NODE_ENV: 'production' },
  });
  if (code !== 0 || !existsSync(inRoot('packages', 'web', 'dist', 'index.html'))) {
    throw new SetupError(`The web app could not be built: "vite build" in packages/web ended with ${code}.`, code || 1);
  }
  writeFileSync(STAMP, sources);
}
