import { pathToFileURL } from 'node:url';
import { startFakeComfyui } from '@darkroom/fake-backends';
import { HealthResponse } from '@darkroom/protocol';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Environment } from './config.ts';
import { expectError, getSnapshot, postJob } from './testing/api.ts';
import { spawnServer } from './testing/child-server.ts';
import { eventually, eventuallyEqual } from './testing/eventually.ts';
import { skipReason } from './testing/machine.ts';
import { readFigures, readMetrics } from './testing/metrics-reader.ts';
import { ask } from './testing/raw-request.ts';
import { type RedisServer, startRedis } from './testing/redis-server.ts';
import { createSharedDatabase } from './testing/shared-postgres.ts';
import { openSse } from './testing/sse-reader.ts';
import { tempFolder } from './testing/temp-folder.ts';
import { startDarkroom } from './testing/test-darkroom.ts';

const skip = skipReason('redis-server') ?? skipReason('postgres');

/** No answer of Redis comes so late that a server would go on without it. */
const PATIENT = { impatientMs: 60_000 };

/** One in this process, where nothing has to be killed. */
async function open(environment: Environment) {
  const darkroom = await startDarkroom(environment, { redis: PATIENT });
  onTestFinished(() => darkroom.stop());
  await eventually(async () => (await readMetrics(darkroom.url)).get('darkroom_relay_up') === 1);
  return darkroom;
}

describe.skipIf(skip !== undefined)(`A gateway and its workers${skip ? ` (${skip})` : ''}`, () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.stop());

  /** A backend, and the environment of all processes; of workers. `redisDb`: a Redis of its own. */
  async function setUp(redisDb: number) {
    const backend = await startFakeComfyui({ edge: 64 });
    onTestFinished(() => backend.close());
    const shared = {
      DATABASE_URL: (await createSharedDatabase()).href,
      REDIS_URL: new URL(`/${redisDb}`, redis.url).href,
      IMAGES_URL: pathToFileURL(await tempFolder()).href,
      PROVIDERS: `comfyui+${backend.url}`,
    };
    return { backend, shared, worker: { ...shared, ROLE: 'worker' } };
  }

  // A worker loses its jobs after 20 s of silence.
  it('[J8] a worker that is killed: another one goes on with its work, and the gateway’s readers see it end', async () => {
    const { backend, shared, worker } = await setUp(0);
    backend.plan({ kind: 'held' });
    const first = await spawnServer(worker);
    const gateway = await spawnServer({ ...shared, ROLE: 'gateway' });
    expect((await expectError(await fetch(`${first.url}/api/jobs`), 'NOT_FOUND')).status).toBe(404);
    for (const path of ['/metrics', '/api/health'])
      expect((await ask(first.url + path, { headers: { host: 'evil.test' } })).status).toBe(421);
    expect(HealthResponse.parse(await (await fetch(`${gateway.url}/api/health`)).json()).providers).toMatchObject([
      { name: 'comfyui', concurrency: 1 },
    ]);

    const { id } = await postJob(gateway.url);
    await eventually(async () => (await getSnapshot(gateway.url, id, '?wait=5')).job.upstreamId !== undefined);
    // Its id is told before the work is submitted.
    await eventually(() => backend.alive === 1);
    await first.kill('SIGKILL');
    await open(worker);
    backend.release();
    await eventually(async () => {
      const { job } = await getSnapshot(gateway.url, id, '?after=0&wait=10');
      return job.status === 'completed';
    });
    const { job } = await getSnapshot(gateway.url, id);
    expect(job).toMatchObject({ attempt: 1, provider: 'comfyui' });
    expect(backend.submissions).toHaveLength(1);
    expect((await fetch(`${gateway.url}${job.resultUrls?.[0]}`)).status).toBe(200);
  });

  it('[C8] each tells what it has done: the gateway what it took and delivered, the worker what it made', async () => {
    const { shared, worker: settings } = await setUp(2);
    const worker = await open(settings);
    const gateway = await open({ ...shared, ROLE: 'gateway' });
    const { id } = await postJob(gateway.url);
    const stream = await openSse(`${gateway.url}/api/jobs/${id}/events`);
    expect(await stream.closed).toBe('ended');
    expect(await readFigures(gateway.url, 'jobs_')).toEqual({ jobs_made_total: 1 });
    expect(await readFigures(gateway.url, 'live_events')).toEqual({
      'live_events_delivered_total{transport="sse"}': stream.events.length,
    });
    await eventuallyEqual(() => readFigures(worker.url, 'backend_picture'), {
      'backend_picture_seconds_count{backend="comfyui"}': 1,
    });
    expect(await readFigures(worker.url, 'jobs_')).toEqual({ 'jobs_ended_total{status="completed",code=""}': 1 });
    const published = await readFigures(worker.url, 'relay_published_notices_total{kind="job"}');
    expect(published).toEqual({ 'relay_published_notices_total{kind="job"}': stream.events.length - 1 });
    expect(await readFigures(gateway.url, 'relay_heard_notices_total{kind="job"}')).toEqual({
      'relay_heard_notices_total{kind="job"}': stream.events.length - 1,
    });
    expect(await readFigures(gateway.url, 'backend_')).toEqual({});
    for (const { url } of [gateway, worker]) {
      expect(await readFigures(url, 'relay_up')).toEqual({ relay_up: 1 });
      expect((await fetch(`${url}/metrics`, { headers: { forwarded: 'for=192.0.2.1' } })).status).toBe(404);
    }
  });

  it('[B9] while its only worker is being replaced, a gateway takes jobs for it', async () => {
    const { shared, worker } = await setUp(1);
    const first = await open(worker);
    const gateway = await open({ ...shared, ROLE: 'gateway' });
    await first.stop();
    await eventually(async () => {
      const { providers } = HealthResponse.parse(await (await fetch(`${gateway.url}/api/health`)).json());
      return providers[0]?.reason === 'worker-silent';
    });
    const { id } = await postJob(gateway.url);
    await open(worker);
    await eventually(async () => (await getSnapshot(gateway.url, id, '?wait=10')).job.status === 'completed');
  });
});
