import { defineConfig } from 'vitest/config';
import { COMPILE_CACHE } from './packages/server/src/testing/compile-cache.ts';
import { ByCost } from './scripts/vitest/by-cost.js';
import { SlowestTests } from './scripts/vitest/slowest-tests.js';

// Vitest's processes, and decoders that servers in them start, keep compiled code like the programs that tests start.
process.env['NODE_COMPILE_CACHE'] ??= COMPILE_CACHE;

/** Test files say by their name what they need: `*.test.ts` nothing but Node, `*.integration.test.ts` sockets and servers, `e2e/` a browser. */
export default defineConfig({
  test: {
    reporters: ['default', new SlowestTests()],
    sequence: { sequencer: ByCost },
    // Most integration tests wait for clocks and sockets: more of them than cores can go on at once.
    maxWorkers: 4,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.{ts,tsx}', '{bench,chaos,fuzz}/src/**/*.test.ts', 'scripts/**/*.test.js'],
          exclude: ['**/*.integration.test.ts', '**/node_modules/**'],
          globalSetup: ['scripts/vitest/memory-folder.js'],
          // Test files of a worker share modules, which takes little more than half the CPU time: a test that changes what
          // others import (the language, a global) puts it back.
          isolate: false,
          unstubGlobals: true,
          // Ends what hangs. Pictures are painted here: a machine that is shared with much else takes minutes for one.
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['packages/*/src/**/*.integration.test.ts', '{chaos,fuzz}/src/**/*.integration.test.ts'],
          isolate: false,
          globalSetup: [
            'scripts/vitest/memory-folder.js',
            'scripts/vitest/bundle-programs.js',
            'packages/server/src/testing/shared-postgres-setup.ts',
          ],
          // As above; some wait for time limits of the product itself, of up to 20 s.
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/src/**/*.test.ts'],
          globalSetup: ['scripts/vitest/memory-folder.js', 'e2e/src/global-setup.ts'],
          // Far longer than any test takes: on a busy machine, too, it ends only what would never end.
          testTimeout: 480_000,
          hookTimeout: 480_000,
          maxWorkers: 3,
          maxConcurrency: 3,
          // Files share nothing but prompts and ports, which are new each time: the server's code is loaded once a worker.
          isolate: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
