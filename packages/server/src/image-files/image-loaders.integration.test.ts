import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { startProgram } from '../testing/child-server.ts';

const PROGRAM = fileURLToPath(new URL('../testing/server-loaders.ts', import.meta.url));

it('leaves a server process the loader of the painter’s own drawings alone', async () => {
  const environment = { PORT: '0', LOG_LEVEL: 'silent', DATABASE_URL: 'memory:' };
  const { stdout, stderr } = await startProgram(PROGRAM, [], environment).exited;
  const [before, after] = stdout.split('\n').filter((line) => line.startsWith('loaders:'));
  expect([before, after, stderr]).toEqual(['loaders: svg png jpeg webp gif tiff heif', 'loaders: svg', '']);
});
