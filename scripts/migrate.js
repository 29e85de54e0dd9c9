/** `npm run migrate -- --from … --to …`: carries a Darkroom's data elsewhere, on a fresh clone too. Runs on Node 18 and newer. */
import { installPackages } from './setup/packages.js';
import { run } from './setup/processes.js';
import { inRoot, toolEnv } from './setup/project.js';
import { main } from './setup/terminal.js';

await main(async () => {
  const runtime = await installPackages();
  const migrate = inRoot('packages', 'server', 'src', 'migrate', 'main.ts');
  return run(runtime, [migrate, ...process.argv.slice(2)], { cwd: process.cwd(), env: toolEnv(runtime) });
});
