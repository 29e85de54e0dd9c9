import { join } from 'node:path';
import { JobListResponse } from '@darkroom/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../packages/server/src/testing/eventually.ts';
import { skipReason } from '../../packages/server/src/testing/machine.ts';
import { createRandom } from '../../packages/server/src/testing/random.ts';
import { tempFolder } from '../../packages/server/src/testing/temp-folder.ts';
import { Cluster } from './cluster/cluster.ts';
import { Load } from './load/load.ts';
import type { PlannedJob } from './load/load-plan.ts';
import { judge } from './verdict/verdict.ts';

const skip = skipReason('redis-server') ?? skipReason('postgres');

const TIMEOUT_MS = 600_000;
const PROVIDERS = ['comfyui', 'forge', 'sketch'] as const;
const JOBS = 12;
const STEPS = 5;

/** A few a second, a third of them for each backend. */
const jobs: readonly PlannedJob[] = Array.from({ length: JOBS }, (_, index) => ({
  prompt: `job ${index}`,
  options: { steps: STEPS, provider: PROVIDERS[index % PROVIDERS.length] ?? 'sketch' },
  atMs: index * 250,
  cancelAfterMs: undefined,
}));

/** Whether the id of some work at ComfyUI is in its job's log. */
async function isHandedOver(url: string): Promise<boolean> {
  const list = JobListResponse.parse(await (await fetch(`${url}/api/jobs?limit=100`)).json());
  return list.jobs.some(({ provider, upstreamId }) => provider === 'comfyui' && upstreamId !== undefined);
}

describe.skipIf(skip !== undefined)(`A rolling restart${skip ? ` (${skip})` : ''}`, () => {
  it('[B9] loses no job, event or picture and uses no attempt; watchers move to another gateway by themselves', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const logs = join(await tempFolder(), 'logs');
    const cluster = await Cluster.start({ gateways: 2, workers: 2, isStepped: true, logs });
    onTestFinished(() => cluster.close());
    // Nothing of ComfyUI's ends before the restarts are over: somebody watches through all of them.
    cluster.comfyui.plan({ kind: 'held' });
    const { signal } = new AbortController();
    const load = new Load({ url: cluster.url, jobs, watchers: 12, watchersPerJob: 2, random: createRandom(1), signal });
    const running = load.run();
    await Promise.race([eventually(() => isHandedOver(cluster.url)), running]);

    for (const name of ['worker-1', 'worker-2', 'gateway-1', 'gateway-2']) {
      expect(load.watching).toBeGreaterThan(0);
      expect(await cluster.process(name).end('SIGTERM')).toBe(0);
      await cluster.process(name).start();
      // One picture of each backend that is free ends between two restarts; all others are in the middle or wait.
      cluster.allow(STEPS);
    }
    cluster.allow();
    cluster.comfyui.release();
    await running;

    const gatewayUrls = ['gateway-1', 'gateway-2'].map((name) => `http://127.0.0.1:${cluster.process(name).port}`);
    const works = [...cluster.comfyui.works, ...cluster.forge.works];
    const { errors, figures } = await judge({ load, gatewayUrls, works });
    expect(errors).toEqual([]);
    expect(figures).toMatchObject({ completed: JOBS, 'failures on the way': 0, 'jobs with several attempts': 0 });
    // What was just being submitted when its worker stopped is taken back before its turn; nothing is begun twice.
    const begun = cluster.comfyui.works.filter(({ startedAt }) => startedAt !== undefined);
    expect(begun).toHaveLength(JOBS / PROVIDERS.length);
  });
});
