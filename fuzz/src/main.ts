/** `npm run test:fuzz`: requests and socket messages that nobody should send, while others use the server. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPostgres } from '../../packages/server/src/testing/postgres-server.ts';
import { readOptions } from './fuzz-options.ts';
import { runFuzz } from './run-fuzz.ts';

const LOGS = fileURLToPath(new URL('../../.cache/fuzz/', import.meta.url));

const { seed, messages, stores } = readOptions(process.argv.slice(2), 1 + Math.floor(Math.random() * 2 ** 30));

for (const store of stores) {
  const logs = join(LOGS, `${seed}-${store}`);
  await mkdir(logs, { recursive: true });
  const postgres = store === 'postgres' ? await startPostgres() : undefined;
  console.log(`fuzz with seed ${seed} on ${store}: ${messages.toLocaleString('en')} requests and messages`);
  try {
    const { errors, figures, missedTargets } = await runFuzz({
      seed,
      messages,
      politeClients: 4,
      environment: {
        DATA_DIR: join(logs, 'data'),
        MAX_QUEUED: '1000000',
        ...(postgres !== undefined && { DATABASE_URL: (await postgres.createDatabase()).href }),
      },
      logs,
      report: console.log,
    });
    console.table(figures);
    for (const error of errors) console.error(error);
    for (const missed of missedTargets) console.error(`${missed}: repeat it on a quiet machine`);
    if (missedTargets.length > 0) process.exitCode = 1;
    if (errors.length === 0) continue;
    console.log(
      `${errors.length} errors. The server's log is in ${logs}; the same again: npm run test:fuzz -- --seed ${seed} --store ${store}`,
    );
    process.exitCode = 1;
  } finally {
    await postgres?.remove();
  }
}
