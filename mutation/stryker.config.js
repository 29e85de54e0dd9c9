/** How `npm run test:mutation` runs Stryker; what is mutated is in scripts/mutation.js. */
export default {
  testRunner: 'vitest',
  vitest: { configFile: 'mutation/vitest.config.ts', related: true },
  plugins: [import.meta.resolve('@stryker-mutator/vitest-runner')],
  coverageAnalysis: 'perTest',
  concurrency: Number(process.env.MUTATION_WORKERS ?? 2),
  timeoutMS: 10_000,
  dryRunTimeoutMinutes: 15,
  // A mutant that runs only while a module loads would need every test.
  ignoreStatic: true,
  // A run that was stopped, or whose code has hardly changed, continues with the results it has.
  incremental: true,
  incrementalFile: '.cache/mutation/incremental.json',
  tempDirName: '.cache/mutation/sandbox',
  reporters: ['progress', 'clear-text', 'json', 'html'],
  jsonReporter: { fileName: '.cache/mutation/report.json' },
  htmlReporter: { fileName: '.cache/mutation/report.html' },
  clearTextReporter: { allowColor: false, logTests: false },
  thresholds: { high: 90, low: 85, break: 85 },
  // The mutants are never type-checked: each is a program that could have been written in JavaScript.
  checkers: [],
  disableTypeChecks: true,
  // Its preprocessor of tsconfig.json needs the API of TypeScript 6; nothing here depends on it.
  tsconfigFile: 'none',
};
