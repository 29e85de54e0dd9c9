/** `npm start`: on a fresh clone installs and builds, then serves. Runs on Node 18 and newer. */
import { installPackages } from './setup/packages.js';
import { run } from './setup/processes.js';
import { inRoot, toolEnv } from './setup/project.js';
import { main } from './setup/terminal.js';
import { buildWebApp } from './setup/web-app.js';

await main(async () => {
  const runtime = await installPackages();
  await buildWebApp(runtime);
  const server = inRoot('packages', 'server', 'src', 'main.ts');
  return run(runtime, [server, ...process.argv.slice(2)], { cwd: process.cwd(), env: toolEnv(runtime) });
});
