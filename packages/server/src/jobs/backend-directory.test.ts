import { describe, expect, it } from 'vitest';
import { setUpCore } from '../testing/core.ts';
import { createManualProvider } from '../testing/manual-provider.ts';
import { openSharedStore } from '../testing/shared-store.ts';
import { followBackends } from './backend-directory.ts';
import { BackendPool } from './backend-pool.ts';

const HALF_A_MINUTE = 30_000;

async function setUp() {
  const shared = await openSharedStore();
  const provider = createManualProvider({ name: 'forge', capabilities: { sizes: ['1024'] } });
  const worker = await setUpCore({ providers: [provider], shared });
  const pool = new BackendPool([]);
  const { clock } = worker;
  const faults: unknown[] = [];
  const follow = () =>
    followBackends({ workers: shared.workers, pool, clock, ownId: undefined, onFault: (fault) => faults.push(fault) });
  return { ...worker, provider, pool, follow, faults };
}

describe('followBackends', () => {
  it('a process without backends knows what those of the workers can do', async () => {
    const { worker, pool, follow } = await setUp();
    expect(pool.check({ size: '1024' })).toMatchObject({ ok: false, option: 'provider' });
    await worker.start();
    await follow();
    expect(pool.check({ size: '1024' })).toMatchObject({ ok: true });
    expect(pool.check({ size: '512' })).toMatchObject({ ok: false, option: 'size' });
    expect((await pool.status()).map(({ name, concurrency }) => ({ name, concurrency }))).toEqual([
      { name: 'forge', concurrency: 1 },
    ]);
  });

  it('a worker that falls silent is shown as such, and its backends are still offered for some minutes', async () => {
    const { worker, pool, follow, clock, store } = await setUp();
    await worker.start();
    await store.workers.report({ id: 'silent', seenAt: clock.now() - HALF_A_MINUTE, backends: await pool.status() });
    await follow();
    const [status] = await pool.status();
    await store.workers.report({ id: 'silent', seenAt: clock.now() - HALF_A_MINUTE, backends: status ? [status] : [] });
    await store.workers.leave('worker-1');
    const undo = await follow();
    expect(await pool.status()).toMatchObject([{ name: 'forge', ok: false, message: 'Its worker does not answer.' }]);
    expect(pool.check({ size: '1024' }).ok).toBe(true);
    undo();
  });

  it('two workers’ backends of one name are one, with the capacity of both', async () => {
    const { worker, pool, follow, store, clock } = await setUp();
    await worker.start();
    await follow();
    const backends = await pool.status();
    await store.workers.report({ id: 'other', seenAt: clock.now(), backends });
    await follow();
    expect(await pool.status()).toMatchObject([{ name: 'forge', concurrency: 2 }]);
  });
});
