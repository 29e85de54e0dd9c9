/** `npm run migrate -- --from <place> --to <place>`: carries a Darkroom's data elsewhere. Exit 0: both sides are the same. */
import { inspect } from 'node:util';
import { systemClock } from '../clock.ts';
import { ConfigError, type Environment } from '../config.ts';
import { keepFilesPrivate } from '../data-folder.ts';
import { readSecretFiles } from '../secret-files.ts';
import { createRedaction } from '../secret-texts.ts';
import { isStorageError, operatorMessage, StorageError } from '../storage-error.ts';
import { type MigrateOptions, readMigrateOptions, USAGE } from './migrate-options.ts';
import { compare, MigrationRefused, migrate } from './migration.ts';
import { openPlaces } from './open-places.ts';
import type { Route } from './place.ts';
import { reportText } from './report-text.ts';
import { TerminalProgress } from './terminal-progress.ts';

const LABEL_WIDTH = 10;

/** An adapter has taken these addresses, so there is no secret in them. */
function routeText({ source, target }: Route, { from, to }: MigrateOptions): string {
  const lines = [
    ['From', source.tables.name],
    ['', from.images.url.href],
    ['To', target.tables.name],
    ['', to.images.url.href],
  ];
  return lines.map(([word = '', place]) => `${word.padEnd(LABEL_WIDTH)} ${place}`).join('\n');
}

/** The environment, with the secrets that are in files. */
let variables: Environment = process.env;

async function main(): Promise<number> {
  keepFilesPrivate();
  variables = readSecretFiles(process.env);
  const options = readMigrateOptions(process.argv.slice(2), variables);
  if (options === undefined) {
    console.log(USAGE);
    return 0;
  }
  const startedAt = systemClock.now();
  const route = await openPlaces(options);
  const progress = new TerminalProgress(process.stdout, systemClock);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      progress.end();
      console.error(`migrate: ${signal}; run this again to go on`);
      process.exit(1);
    });
  }
  try {
    console.log(routeText(route, options));
    const report = await (options.verify ? compare(route, progress) : migrate(route, progress).catch(adviseAgain));
    progress.end();
    console.log(reportText(report, options.verify, systemClock.now() - startedAt));
    return report.differences.count === 0 ? 0 : 1;
  } finally {
    progress.end();
    await route.close();
  }
}

/** What is lost on the way is not lost for good. */
function adviseAgain(thrown: unknown): never {
  throw isStorageError(thrown) ? new StorageError(`${operatorMessage(thrown)}; run this again to go on`) : thrown;
}

function explain(thrown: unknown): string {
  if (isStorageError(thrown)) return `migrate: ${operatorMessage(thrown)}`;
  const known = thrown instanceof ConfigError || thrown instanceof MigrationRefused;
  return known ? `migrate: ${thrown.message}` : inspect(thrown);
}

main().then(
  // Requests that are under way after a failure keep nobody waiting.
  (code) => process.exit(code),
  (thrown: unknown) => {
    // A place on the command line may hold a password as well.
    const secret = createRedaction({ ...variables, arguments: process.argv.slice(2).join(' ') });
    console.error(secret(explain(thrown)));
    process.exit(1);
  },
);
