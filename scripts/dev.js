/** `npm run dev`: the server, started again at each change, beside Vite's development server. Both stop together. */
import { installPackages } from './setup/packages.js';
import { start, wait } from './setup/processes.js';
import { inRoot, toolEnv } from './setup/project.js';
import { main } from './setup/terminal.js';

await main(async () => {
  const runtime = await installPackages();
  const env = toolEnv(runtime);
  const server = inRoot('packages', 'server', 'src', 'main.ts');
  const vite = inRoot('node_modules', 'vite', 'bin', 'vite.js');
  return wait(
    start(runtime, ['--watch', '--watch-preserve-output', server], { env }),
    start(runtime, [vite], { cwd: inRoot('packages', 'web'), env }),
  );
});
