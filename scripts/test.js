/**
 * `npm test`: everything, on a fresh clone too. Runs on Node 18 and newer; the steps themselves run on Node 26.
 *
 * `DARKROOM_SKIP` (set here, may be set by hand) names programs this machine lacks, separated by commas, for example
 * `chromium,nginx`: the tests that need them are reported as skipped. With `CI=true` a missing program is a failure.
 */
import { installPackages } from './setup/packages.js';
import { run } from './setup/processes.js';
import { inRoot, toolEnv } from './setup/project.js';
import { runSteps } from './setup/steps.js';
import { installSystemPackages } from './setup/system-packages.js';
import { main } from './setup/terminal.js';
import { buildWebApp } from './setup/web-app.js';

let runtime = process.execPath;
let skip = [];

async function setUp() {
  runtime = await installPackages();
  skip = await installSystemPackages((process.env.DARKROOM_SKIP ?? '').split(',').filter(Boolean));
}

/** A step that runs a command of the installed packages. */
const tool = (name, ...args) => {
  return () =>
    run(inRoot('node_modules', '.bin', name), args, { env: toolEnv(runtime, { DARKROOM_SKIP: skip.join(',') }) });
};

await main(() =>
  runSteps([
    ['set up', setUp],
    // Projects are checked side by side as it is; several checkers of one project do much of its work several times.
    ['types', tool('tsc', '--build', '--checkers', '1')],
    ['format and lint', tool('biome', 'check', '.')],
    [
      'import boundaries',
      tool('depcruise', '--config', '.dependency-cruiser.js', 'packages', 'bench', 'chaos', 'fuzz', 'e2e'),
    ],
    ['web app', () => buildWebApp(runtime)],
    ['unit and integration', tool('vitest', 'run', '--project', 'unit', '--project', 'integration')],
    ['browser', tool('vitest', 'run', '--project', 'e2e')],
  ]),
);
