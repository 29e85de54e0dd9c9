/** `npm run fake -- NAME`: a fake image backend by hand, on a fresh clone too. Runs on Node 18 and newer. */
import { installPackages } from './setup/packages.js';
import { run } from './setup/processes.js';
import { inRoot, toolEnv } from './setup/project.js';
import { main } from './setup/terminal.js';

await main(async () => {
  const runtime = await installPackages();
  const fake = inRoot('packages', 'fake-backends', 'src', 'main.ts');
  return run(runtime, [fake, ...process.argv.slice(2)], { env: toolEnv(runtime) });
});
