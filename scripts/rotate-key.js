/** `npm run rotate-key`: adds a key that signs visitors' cookies from the next start on. Runs on Node 18 and newer. */
import { installPackages } from './setup/packages.js';
import { run } from './setup/processes.js';
import { inRoot, toolEnv } from './setup/project.js';
import { main } from './setup/terminal.js';

await main(async () => {
  const runtime = await installPackages();
  const rotate = inRoot('packages', 'server', 'src', 'identity-keys', 'rotate.ts');
  return run(runtime, [rotate], { cwd: process.cwd(), env: toolEnv(runtime) });
});
