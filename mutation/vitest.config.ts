import { defineConfig } from 'vitest/config';

/** The tests that mutation testing runs against each mutant: those that need nothing but this process. */
export default defineConfig({
  test: {
    include: ['packages/{protocol,client}/src/**/*.test.ts', 'packages/server/src/{jobs,conversations}/**/*.test.ts'],
    exclude: ['**/*.integration.test.ts', '**/node_modules/**'],
    testTimeout: 30_000,
  },
});
