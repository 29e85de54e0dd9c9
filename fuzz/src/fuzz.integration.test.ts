import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { skipReason } from '../../packages/server/src/testing/machine.ts';
import { createSharedDatabase } from '../../packages/server/src/testing/shared-postgres.ts';
import { tempFolder } from '../../packages/server/src/testing/temp-folder.ts';
import { runFuzz } from './run-fuzz.ts';

const skip = skipReason('postgres');

const MESSAGES = 1_500;

/** Another one with each run of the tests; a failure names it. */
const seed = Number(process.env['FUZZ_SEED'] ?? 1 + Math.floor(Math.random() * 2 ** 30));

/** Fuzzes a server with these settings, for a short time. */
async function fuzz(settings: Readonly<Record<string, string>>) {
  const folder = await tempFolder();
  const logs = join(folder, 'logs');
  await mkdir(logs);
  const environment = { DATA_DIR: join(folder, 'data'), MAX_QUEUED: '1000000', ...settings };
  return await runFuzz({ seed, messages: MESSAGES, politeClients: 2, environment, logs, report: () => {} });
}

describe(`Fuzzing, in short (seed ${seed})`, () => {
  it('no request and no socket message makes the server fail, or affects another client, on SQLite', async () => {
    const { errors, figures } = await fuzz({});
    expect(errors, `FUZZ_SEED=${seed}`).toEqual([]);
    expect(figures['polite requests']).toBeGreaterThan(0);
  });

  it.skipIf(skip !== undefined)(`nor on PostgreSQL${skip ? ` (${skip})` : ''}`, async () => {
    const { errors, figures } = await fuzz({ DATABASE_URL: (await createSharedDatabase()).href });
    expect(errors, `FUZZ_SEED=${seed}`).toEqual([]);
    expect(figures['polite requests']).toBeGreaterThan(0);
  });
});
