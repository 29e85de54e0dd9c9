import { describe, expect, it } from 'vitest';
import { ProviderError } from '../provider-error.ts';
import { setUpCore } from '../testing/core.ts';
import { eventually } from '../testing/eventually.ts';
import { createManualProvider } from '../testing/manual-provider.ts';
import { openSharedStore } from '../testing/shared-store.ts';
import type { WorkerReport, WorkerStore } from '../worker-store.ts';
import { followBackends } from './backend-directory.ts';
import { BackendPool } from './backend-pool.ts';

const HALF_A_MINUTE = 30_000;
const MINUTE_MS = 60_000;

const TAKE_OVER_AFTER_MS = 20_000;

async function setUp(ownId?: string) {
  const shared = await openSharedStore();
  const provider = createManualProvider({ name: 'forge', capabilities: { sizes: ['1024'] } });
  const worker = await setUpCore({ providers: [provider], shared, policy: { breakerFailures: 1 } });
  const pool = new BackendPool([]);
  const { clock, relay } = worker;
  const faults: unknown[] = [];
  const follow = () =>
    followBackends({
      workers: shared.workers,
      relay,
      pool,
      clock,
      takeOverAfterMs: TAKE_OVER_AFTER_MS,
      ownId,
      onFault: (fault) => faults.push(fault),
    });
  return { ...worker, backends: worker.pool.backends, provider, pool, follow, faults };
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
    await follow();
    const [status] = await pool.status();
    const backends = status ? [status] : [];
    await store.workers.report({ id: 'silent', seenAt: clock.now() - HALF_A_MINUTE, backends });
    await follow();
    // While another one has it, a silent worker's adds nothing.
    expect(await pool.status()).toMatchObject([{ name: 'forge', concurrency: 1, breaker: 'closed' }]);
    expect((await pool.status())[0]?.reason).not.toBe('worker-silent');
    await worker.stop();
    const undo = await follow();
    expect(await pool.status()).toMatchObject([
      { name: 'forge', ok: false, reason: 'worker-silent', message: 'Its worker does not answer.' },
    ]);
    expect(pool.check({ size: '1024' }).ok).toBe(true);
    clock.advance(5 * MINUTE_MS);
    await follow();
    expect(pool.check({ size: '1024' })).toMatchObject({ ok: false, option: 'provider' });
    undo();
  });

  it('[C7] that a breaker opens, rests and closes is known at once, and shown with its time', async () => {
    const { worker, provider, pool, follow, clock, jobs } = await setUp();
    await worker.start();
    await follow();
    const shown = async () => (await pool.status())[0];
    const until = (breaker: string) => eventually(async () => (await shown())?.breaker === breaker);
    await jobs.create({ prompt: 'a cat' });
    (await provider.nextRun()).end(new ProviderError('NETWORK_DISCONNECTED'));
    await until('open');
    expect(await shown()).toMatchObject({ ok: false, retryAt: new Date(clock.now() + MINUTE_MS).toISOString() });
    clock.advance(MINUTE_MS);
    await until('half-open');
    expect(await shown()).not.toHaveProperty('retryAt');
    await jobs.create({ prompt: 'a cat' });
    await (await provider.nextRun()).finish();
    await until('closed');
  });

  it('[C7] a breaker whose time is over is half-open, though its worker is not there to say so', async () => {
    const { pool, follow, clock, store, backends } = await setUp();
    const seenAt = clock.now();
    const retryAt = new Date(seenAt + MINUTE_MS).toISOString();
    const rests = backends.map((backend) => ({ ...backend.describe(), breaker: 'open' as const, retryAt }));
    await store.workers.report({ id: 'silent', seenAt, backends: rests });
    clock.advance(MINUTE_MS - 1);
    await follow();
    expect(await pool.status()).toMatchObject([{ breaker: 'open', retryAt }]);
    clock.advance(1);
    await follow();
    expect(await pool.status()).toMatchObject([{ breaker: 'half-open', ok: false }]);
    expect((await pool.status())[0]).not.toHaveProperty('retryAt');
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

  it('leaves out the backends of the worker of this process, and does not read at its notices', async () => {
    const { worker, pool, follow, relay, store, clock, backends } = await setUp('worker-1');
    await worker.start();
    await follow();
    expect(pool.get('forge')).toBeUndefined();
    await store.workers.report({ id: 'other', seenAt: clock.now(), backends: backends.map((one) => one.describe()) });
    relay.publish({ workerId: 'worker-1' });
    relay.publish({ jobId: 'other', head: 1 });
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(pool.get('forge')).toBeUndefined();
    relay.publish({ workerId: 'other' });
    await eventually(() => pool.get('forge') !== undefined);
  });

  it('reads every 5 s what no notice came of, until it is undone', async () => {
    const { pool, follow, store, clock, backends } = await setUp();
    const report = (id: string, seenAt: number) =>
      store.workers.report({ id, seenAt, backends: backends.map((one) => one.describe()) });
    const timers = clock.pending;
    const undo = await follow();
    await report('first', clock.now());
    clock.advance(4_999);
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(pool.get('forge')).toBeUndefined();
    clock.advance(1);
    await eventually(() => pool.get('forge') !== undefined);
    undo();
    expect(clock.pending).toBe(timers);
  });

  it('hears no notice once it is undone', async () => {
    const { pool, follow, store, clock, backends, relay } = await setUp();
    (await follow())();
    await store.workers.report({ id: 'other', seenAt: clock.now(), backends: backends.map((one) => one.describe()) });
    relay.publish({ workerId: 'other' });
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(pool.get('forge')).toBeUndefined();
  });

  it.each([
    [TAKE_OVER_AFTER_MS, undefined, 3],
    [TAKE_OVER_AFTER_MS + 1, 'worker-silent', 0],
  ] as const)('shows a worker that has not been heard of for %i ms as %s', async (silentMs, reason, running) => {
    const { pool, follow, store, clock, backends } = await setUp();
    const seenAt = clock.now() - silentMs;
    const busy = backends.map((one) => ({ ...one.describe(), reason: undefined, ok: true, running: 3 }));
    await store.workers.report({ id: 'other', seenAt, backends: busy });
    await follow();
    expect(pool.get('forge')).toMatchObject({ seenAt, running });
    const [shown] = await pool.status();
    expect([shown?.reason, shown?.ok]).toEqual([reason, reason === undefined]);
  });

  it('reports a reading that fails, and reads again at the next notice', async () => {
    const { pool, faults, relay, clock, backends, store } = await setUp();
    let answer: () => Promise<readonly WorkerReport[]> = async () => [];
    const workers: WorkerStore = {
      list: () => answer(),
      report: (report) => store.workers.report(report),
      forget: (before) => store.workers.forget(before),
    };
    const onFault = (fault: unknown) => void faults.push(fault);
    const undo = await followBackends({
      workers,
      relay,
      pool,
      clock,
      takeOverAfterMs: TAKE_OVER_AFTER_MS,
      ownId: undefined,
      onFault,
    });
    const fault = new Error('the store does not answer');
    answer = () => Promise.reject(fault);
    relay.publish({ workerId: 'other' });
    await eventually(() => faults.length === 1);
    expect(faults).toEqual([fault]);
    answer = async () => [{ id: 'other', seenAt: clock.now(), backends: backends.map((one) => one.describe()) }];
    relay.publish({ workerId: 'other' });
    await eventually(() => pool.get('forge') !== undefined);
    undo();
  });
});
