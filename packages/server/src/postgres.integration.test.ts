import { StepGate } from '@darkroom/fake-backends';
import { HealthResponse } from '@darkroom/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { expectError, getSnapshot, hasStep, isAt, postJob, postJson, startManual, untilLog } from './testing/api.ts';
import { spawnFailing, spawnSteppedServer } from './testing/child-server.ts';
import { eventually } from './testing/eventually.ts';
import { freePort } from './testing/free-port.ts';
import { skipReason } from './testing/machine.ts';
import { startPostgres } from './testing/postgres-server.ts';
import { createSharedDatabase } from './testing/shared-postgres.ts';
import { steppedSketch } from './testing/stepped-sketch.ts';
import { tempFolder } from './testing/temp-folder.ts';
import { startDarkroom } from './testing/test-darkroom.ts';

const reason = skipReason('postgres');

async function startDatabase() {
  const server = await startPostgres();
  onTestFinished(() => server.remove());
  return { server, url: (await server.createDatabase()).href };
}

describe.skipIf(reason !== undefined)(reason ?? 'A server on PostgreSQL', () => {
  it('[J5] refuses jobs while the database is away, tells it, and goes on by itself when it is back', async () => {
    const { server, url: DATABASE_URL } = await startDatabase();
    const { url, provider } = await startManual({ DATABASE_URL });
    const { id } = await postJob(url);
    const run = await provider.nextRun();
    await server.crash();
    await expectError(await postJson(`${url}/api/jobs`, { prompt: 'a lighthouse' }), 'STORAGE_UNAVAILABLE');
    const health = await fetch(`${url}/api/health`);
    expect(health.status).toBe(503);
    expect(HealthResponse.parse(await health.json()).storage.message).toBe('The database does not answer.');
    expect((await getSnapshot(url, id)).job.status).toBe('running');
    await server.start();
    await eventually(async () => (await fetch(`${url}/api/health`)).status === 200);
    await run.finish();
    await eventually(async () => (await getSnapshot(url, id)).job.status === 'completed');
  });

  it('[J5] what was acknowledged is there for the next process, and is done', async () => {
    const DATABASE_URL = (await createSharedDatabase()).href;
    const settings = { PROVIDERS: 'sketch:', TAKE_OVER_AFTER: '2s' };
    const environment = { DATABASE_URL, DATA_DIR: await tempFolder(), ...settings };
    const first = await spawnSteppedServer(environment);
    const { id } = await postJob(first.url, 'job 7');
    first.allow(3);
    await untilLog(first.url, id, hasStep(3));
    await first.kill('SIGKILL');
    const second = await startDarkroom(environment, steppedSketch(new StepGate()));
    onTestFinished(() => second.stop());
    await untilLog(second.url, id, isAt('completed'));
    const { events } = await getSnapshot(second.url, id, '?after=0');
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_event, index) => index + 1));
    await second.stop();
  });

  it('does not start without its database, in one line without the password', async () => {
    const DATABASE_URL = `postgres://darkroom:hunter2@127.0.0.1:${await freePort()}/test`;
    const { code, stderr } = await spawnFailing({ DATABASE_URL, DATA_DIR: await tempFolder() });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^darkroom: cannot open the database postgres:\/\/darkroom@.*: no server answers there\n$/);
  });
});
