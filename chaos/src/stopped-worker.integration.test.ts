import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@darkroom/client';
import { HealthResponse, type ProgressEvent } from '@darkroom/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { getSnapshot } from '../../packages/server/src/testing/api.ts';
import { eventually } from '../../packages/server/src/testing/eventually.ts';
import { skipReason } from '../../packages/server/src/testing/machine.ts';
import { Cluster } from './cluster/cluster.ts';
import { logErrors } from './verdict/check-log.ts';
import { doubledWorks } from './verdict/check-works.ts';

const skip = skipReason('redis-server') ?? skipReason('postgres');

const TIMEOUT_MS = 600_000;

/** Runs that have begun, by the log. */
const starts = (events: readonly ProgressEvent[]) =>
  events.filter(({ provider, stage }) => provider && stage === 'running');

/** A job at `provider` that stands still there, held by the one worker that runs; the other worker is started then. */
async function setUp(cluster: Cluster, provider: 'comfyui' | 'forge') {
  await cluster.process('worker-2').end('SIGTERM');
  const backend = cluster[provider];
  backend.plan({ kind: 'held' }, { kind: 'held' });
  const client = createClient({ baseUrl: cluster.url });
  const { id } = await client.createJob({ prompt: 'a lighthouse', options: { steps: 5, provider } });
  const events = async () => (await getSnapshot(cluster.url, id, '?after=0')).events;
  await eventually(async () => (await getSnapshot(cluster.url, id, '?wait=5')).job.upstreamId !== undefined);
  await eventually(() => backend.alive === 1);
  await cluster.process('worker-2').start();
  return { backend, id, events };
}

/** Runs that all workers have under way, as this one knows it; it has to be awake for that. */
async function readRunning(cluster: Cluster, name: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${cluster.process(name).port}/api/health`);
  const { providers } = HealthResponse.parse(await answer.json());
  return providers.reduce((sum, { running }) => sum + running, 0);
}

describe.skipIf(skip !== undefined)(`A worker that is stopped and wakes${skip ? ` (${skip})` : ''}`, () => {
  let folder: string;
  let cluster: Cluster;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'darkroom-stopped-'));
    const settings = { TAKE_OVER_AFTER: '5s' };
    cluster = await Cluster.start({
      gateways: 1,
      workers: 2,
      absent: ['worker-2'],
      logs: join(folder, 'logs'),
      settings,
    });
  });
  afterAll(async () => {
    await cluster?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each([
    { provider: 'comfyui', fate: 'gone on with', works: 1, attempt: 1 },
    { provider: 'forge', fate: 'ended before it begins anew', works: 2, attempt: 2 },
  ] as const)(
    '[E1][J3][J8] writes nothing over the one that took its job; its work at $provider is $fate',
    {
      timeout: TIMEOUT_MS,
    },
    async ({ provider, works, attempt }) => {
      const { backend, id, events } = await setUp(cluster, provider);
      cluster.process('worker-1').stop();
      await eventually(async () => starts(await events()).length === 2);
      await eventually(() => backend.works.length === works);
      cluster.process('worker-1').continue();
      // It is awake, and the job is still under way with the other one.
      await readRunning(cluster, 'worker-1');
      backend.release();
      await eventually(async () => (await getSnapshot(cluster.url, id, '?wait=5')).job.status === 'completed');
      // Nothing is left of either run.
      await eventually(async () => (await readRunning(cluster, 'worker-1')) === 0);
      expect((await getSnapshot(cluster.url, id)).job).toMatchObject({ status: 'completed', attempt });
      expect(logErrors(id, await events())).toEqual([]);
      expect(starts(await events())).toHaveLength(2);
      expect(backend.works).toHaveLength(works);
      expect(doubledWorks(backend.works)).toEqual([]);
    },
  );
});
