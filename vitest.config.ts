import { defineConfig } from 'vitest/config';
import { ByCost } from './scripts/vitest/by-cost.js';
import { SlowestTests } from './scripts/vitest/slowest-tests.js';

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
          include: ['packages/*/src/**/*.test.{ts,tsx}', '{bench,chaos}/src/**/*.test.ts', 'scripts/**/*.test.js'],
          exclude: ['**/*.integration.test.ts', '**/node_modules/**'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['packages/*/src/**/*.integration.test.ts', 'chaos/src/**/*.integration.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/src/**/*.test.ts'],
          globalSetup: ['e2e/src/global-setup.ts'],
          // Far longer than any test takes: on a busy machine, too, it ends only what would never end.
          testTimeout: 240_000,
          hookTimeout: 240_000,
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
