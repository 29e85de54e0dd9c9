/**
 * `npm run test:mutation [-- AREA or FILE …]`: changes the code in many small ways and counts the changes that the unit
 * tests notice (docs/testing.md). Without arguments: all areas. Runs on Node 18 and newer; the tests run on Node 26.
 */
import { existsSync } from 'node:fs';
import { installPackages } from './setup/packages.js';
import { run } from './setup/processes.js';
import { inRoot, toolEnv } from './setup/project.js';
import { main, SetupError, say } from './setup/terminal.js';

/** The code whose tests are measured, by the name under which it can be asked for. */
const AREAS = {
  protocol: 'packages/protocol/src',
  session: 'packages/client/src/session',
  jobs: 'packages/server/src/jobs',
  conversations: 'packages/server/src/conversations',
};

const FOLDER = inRoot('mutation');

/** Stryker is installed here, on demand: running and testing Darkroom needs none of it. */
async function installStryker(runtime) {
  if (existsSync(inRoot('mutation', 'node_modules', '@stryker-mutator', 'core'))) return;
  say('Installing Stryker (first time only)…');
  const env = toolEnv(runtime);
  const code = await run('npm', ['ci', '--legacy-peer-deps', '--prefix', FOLDER], { env });
  if (code !== 0) throw new SetupError(`Stryker could not be installed: "npm ci" ended with ${code}.`, code);
}

/** Patterns of the files that an argument means. */
function patternsOf(argument) {
  const folder = AREAS[argument];
  if (folder !== undefined) return [`${folder}/**/*.ts`, `!${folder}/**/*.test.ts`];
  if (argument.startsWith('packages/')) return [argument];
  throw new SetupError(`"${argument}" is neither one of ${Object.keys(AREAS).join(', ')} nor a file in packages/.`);
}

await main(async () => {
  const given = process.argv.slice(2);
  const patterns = (given.length > 0 ? given : Object.keys(AREAS)).flatMap(patternsOf);
  const runtime = await installPackages();
  await installStryker(runtime);
  const stryker = inRoot('mutation', 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js');
  const config = inRoot('mutation', 'stryker.config.js');
  return run(runtime, [stryker, 'run', config, '--mutate', patterns.join(',')], { env: toolEnv(runtime) });
});
