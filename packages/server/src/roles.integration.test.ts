import { pathToFileURL } from 'node:url';
import { startFakeComfyui } from '@darkroom/fake-backends';
import { HealthResponse } from '@darkroom/protocol';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { getSnapshot, postJob } from './testing/api.ts';
import { spawnServer } from './testing/child-server.ts';
import { eventually } from './testing/eventually.ts';
import { skipReason } from './testing/machine.ts';
import { type PostgresServer, startPostgres } from './testing/postgres-server.ts';
import { type RedisServer, startRedis } from './testing/redis-server.ts';
import { tempFolder } from './testing/temp-folder.ts';

const skip = skipReason('redis-server') ?? skipReason('postgres');

/** A worker loses its jobs after 20 s of silence. */
const TIMEOUT_MS = 300_000;

describe.skipIf(skip !== undefined)(`A gateway and its workers${skip ? ` (${skip})` : ''}`, () => {
  let redis: RedisServer;
  let postgres: PostgresServer;
  beforeAll(async () => {
    [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
  });
  afterAll(async () => {
    await Promise.all([redis?.stop(), postgres?.remove()]);
  });

  /** A backend, and the environment of all processes; of workers. `redisDb`: a Redis of its own. */
  async function setUp(redisDb: number) {
    const backend = await startFakeComfyui({ edge: 64 });
    onTestFinished(() => backend.close());
    const shared = {
      DATABASE_URL: (await postgres.createDatabase()).href,
      REDIS_URL: new URL(`/${redisDb}`, redis.url).href,
      IMAGES_URL: pathToFileURL(await tempFolder()).href,
      PROVIDERS: `comfyui+${backend.url}`,
    };
    return { backend, shared, worker: { ...shared, ROLE: 'worker' } };
  }

  it('[J8] a worker that is killed: another one goes on with its work, and the gateway’s readers see it end', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const { backend, shared, worker } = await setUp(0);
    backend.plan({ kind: 'held' });
    const first = await spawnServer(worker);
    const gateway = await spawnServer({ ...shared, ROLE: 'gateway' });
    expect((await fetch(`${first.url}/api/jobs`)).status).toBe(404);
    expect(HealthResponse.parse(await (await fetch(`${gateway.url}/api/health`)).json()).providers).toMatchObject([
      { name: 'comfyui', concurrency: 1 },
    ]);

    const { id } = await postJob(gateway.url);
    await eventually(async () => (await getSnapshot(gateway.url, id, '?wait=5')).job.upstreamId !== undefined);
    await first.kill('SIGKILL');
    await spawnServer(worker);
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

  it('[B9] while its only worker is being replaced, a gateway takes jobs for it', { timeout: TIMEOUT_MS }, async () => {
    const { shared, worker } = await setUp(1);
    const first = await spawnServer(worker);
    const gateway = await spawnServer({ ...shared, ROLE: 'gateway' });
    await first.kill('SIGTERM');
    await eventually(async () => {
      const { providers } = HealthResponse.parse(await (await fetch(`${gateway.url}/api/health`)).json());
      return providers[0]?.reason === 'worker-silent';
    });
    const { id } = await postJob(gateway.url);
    await spawnServer(worker);
    await eventually(async () => (await getSnapshot(gateway.url, id, '?wait=10')).job.status === 'completed');
  });
});
