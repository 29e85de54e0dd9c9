import type { ProviderStatus } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import type { Store } from './store.ts';
import { change, firstEvent, recordOf, sampleJob } from './testing/sample-job.ts';
import { SCRIPTED_CAPABILITIES } from './testing/scripted-provider.ts';

export interface WorkerStoreContract {
  readonly name: string;
  /** An empty store; it goes away with the test. */
  readonly create: () => Promise<Store>;
}

const NOON = Date.parse('2026-01-01T12:00:00.000Z');

const status = (name: string): ProviderStatus => ({
  name,
  kind: 'scripted',
  ok: true,
  concurrency: 1,
  running: 0,
  breaker: 'closed',
  capabilities: SCRIPTED_CAPABILITIES,
  recentFailures: [],
});

/** A job that `worker` holds, or nobody. */
async function addRunning(store: Store, worker?: string) {
  const job = sampleJob({}, NOON);
  recordOf(await store.createJob(job, 'epoch-1', firstEvent(job)));
  const started = change(job, { type: 'start', provider: 'scripted' });
  await store.append({ ...started, newTicket: false, worker });
  return started.job;
}

async function abandoned(store: Store, before = NOON): Promise<string[]> {
  return (await store.listAbandoned(before, 10)).map(({ job }) => job.id);
}

/** What every store promises of workers (`worker-store.ts`). Run by each adapter on its real backend. */
export function registerWorkerStoreContract({ name, create }: WorkerStoreContract): void {
  describe(`${name} keeps the worker store's contract`, () => {
    it('lists workers by when they were seen, each with its last word', async () => {
      const { workers } = await create();
      await workers.report({ id: 'b', seenAt: NOON, backends: [status('forge')] });
      await workers.report({ id: 'a', seenAt: NOON - 1, backends: [] });
      await workers.report({ id: 'a', seenAt: NOON + 1, backends: [status('comfyui')] });
      expect(await workers.list(NOON)).toEqual([
        { id: 'a', seenAt: NOON + 1, backends: [status('comfyui')] },
        { id: 'b', seenAt: NOON, backends: [status('forge')] },
      ]);
      expect((await workers.list(NOON + 1)).map(({ id }) => id)).toEqual(['a']);
    });

    it('[J3] tells the jobs under way whose worker fell silent, or never was', async () => {
      const store = await create();
      const [held, lost, nobodys] = [
        await addRunning(store, 'alive'),
        await addRunning(store, 'silent'),
        await addRunning(store),
      ];
      await store.workers.report({ id: 'alive', seenAt: NOON, backends: [] });
      await store.workers.report({ id: 'silent', seenAt: NOON - 1, backends: [] });
      expect(await abandoned(store)).toEqual([lost.id, nobodys.id]);
      expect((await store.listAbandoned(NOON, 1)).map(({ job }) => job.id)).toEqual([lost.id]);
      await store.workers.report({ id: 'alive', seenAt: NOON - 1, backends: [] });
      expect(await abandoned(store)).toEqual([held.id, lost.id, nobodys.id]);
    });

    it('a job is held from its start until it is given back or over', async () => {
      const store = await create();
      const job = await addRunning(store, 'one');
      expect((await store.readJob(job.id))?.worker).toBe('one');
      const progress = change(job, { type: 'progress', percent: 10 });
      expect((await store.append({ ...progress, newTicket: false }))?.worker).toBe('one');
      const released = change(progress.job, { type: 'release' });
      expect((await store.append({ ...released, newTicket: false }))?.worker).toBeUndefined();
      expect(await abandoned(store)).toEqual([]);
      const again = change(released.job, { type: 'start', provider: 'scripted' });
      expect((await store.append({ ...again, newTicket: false, worker: 'two' }))?.worker).toBe('two');
      const cancelled = change(again.job, { type: 'cancel' });
      expect((await store.append({ ...cancelled, newTicket: false }))?.worker).toBeUndefined();
      expect(await abandoned(store)).toEqual([]);
    });

    it('forgets workers that hold nothing any more', async () => {
      const store = await create();
      await addRunning(store, 'holds');
      for (const id of ['holds', 'idle']) await store.workers.report({ id, seenAt: NOON - 1, backends: [] });
      await store.workers.report({ id: 'fresh', seenAt: NOON, backends: [] });
      await store.workers.forget(NOON);
      expect((await store.workers.list(0)).map(({ id }) => id)).toEqual(['fresh', 'holds']);
    });
  });
}
