import { describe, expect, it } from 'vitest';
import { ProviderError } from '../provider-error.ts';
import { type Core, hasStatus, jobWhen, setUpCore } from '../testing/core.ts';
import { createManualProvider } from '../testing/manual-provider.ts';
import { createRandom } from '../testing/random.ts';
import { createSlowStore } from '../testing/slow-store.ts';
import type { Client } from './client.ts';
import { JobQuota } from './job-quota.ts';
import type { JobResult } from './job-service.ts';

const MAX = 3;

const client = (fields: Partial<Client> = {}): Client => ({
  owner: 'ada',
  address: '203.0.113.7',
  isLocal: false,
  ...fields,
});

const create = ({ jobs }: Pick<Core, 'jobs'>, who = client()) =>
  jobs.create({ prompt: 'a lighthouse' }, { owner: who.owner ?? 'new', client: who });

const outcomeOf = (result: JobResult) => (result.ok ? 'created' : result.reason);

async function createMany(core: Pick<Core, 'jobs'>, count: number, who?: (index: number) => Client) {
  const results = await Promise.all(Array.from({ length: count }, (_none, index) => create(core, who?.(index))));
  return results.map(outcomeOf);
}

const idOf = (result: JobResult) => {
  if (!result.ok) throw new Error(result.reason);
  return result.job.id;
};

describe('[R13] The unfinished jobs of one client', () => {
  it.each([
    ['owner, whatever its addresses', (index: number) => client({ address: `203.0.113.${index}` })],
    ['address, whatever identities it shows', (index: number) => client({ owner: `owner-${index}` })],
    ['address without any identity', () => client({ owner: undefined })],
    ['user whom the proxy names', () => client({ owner: 'user:ada', address: undefined })],
  ])('are at most so many for an %s, also of those that come at once', async (_what, who) => {
    const core = await setUpCore({ providers: [], maxPerClient: MAX });
    const outcomes = await createMany(core, 10, who);
    expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(MAX);
    expect(outcomes.filter((outcome) => outcome === 'too-many-jobs')).toHaveLength(10 - MAX);
  });

  it('are counted apart for two owners at two addresses, and for two users at one', async () => {
    const core = await setUpCore({ providers: [], maxPerClient: MAX });
    await createMany(core, MAX);
    const other = client({ owner: 'bob', address: '203.0.113.8' });
    expect(outcomeOf(await create(core, other))).toBe('created');
    for (const owner of ['user:ada', 'user:bob']) {
      const outcomes = await createMany(core, MAX + 1, () => client({ owner, address: undefined }));
      expect(outcomes).toEqual([...Array(MAX).fill('created'), 'too-many-jobs']);
    }
  });

  it('have no limit on this machine, nor where this server itself asks', async () => {
    const core = await setUpCore({ providers: [], maxPerClient: MAX });
    for (const isLocal of [true, true]) expect(outcomeOf(await create(core, client({ isLocal })))).toBe('created');
    expect(await createMany(core, 50, () => client({ isLocal: true }))).toEqual(Array(50).fill('created'));
    const result = await core.jobs.create({ prompt: 'a lighthouse' }, { owner: 'ada' });
    expect(result.ok).toBe(true);
  });

  it('make room when one of them ends, by whichever process', async () => {
    const core = await setUpCore({ providers: [], maxPerClient: MAX });
    const first = idOf(await create(core));
    await createMany(core, MAX - 1);
    expect(outcomeOf(await create(core))).toBe('too-many-jobs');
    await core.jobs.cancel(first);
    // The store is asked once a second which of an address's jobs have ended.
    core.clock.advance(1_000);
    expect([outcomeOf(await create(core)), outcomeOf(await create(core))]).toEqual(['created', 'too-many-jobs']);
  });

  it('of an owner are found again after a restart, and at another process', async () => {
    const first = await setUpCore({ providers: [], maxPerClient: MAX });
    await createMany(first, MAX);
    const second = await setUpCore({ providers: [], maxPerClient: MAX, shared: first.store });
    expect(outcomeOf(await create(second, client({ address: '203.0.113.99' })))).toBe('too-many-jobs');
    expect(outcomeOf(await create(second, client({ owner: 'bob' })))).toBe('created');
  });

  it('are never more than that behind a slow store, however many are asked for at once', async () => {
    const random = createRandom(7);
    for (let round = 0; round < 10; round++) {
      const base = await setUpCore({ providers: [] });
      const core = await setUpCore({ providers: [], maxPerClient: MAX, shared: createSlowStore(base.store, random) });
      await createMany(core, 20, (index) => client({ address: `203.0.113.${index}` }));
      expect(await base.store.countUnfinished('ada')).toBeLessThanOrEqual(MAX);
      const many = (owner: string) => createMany(core, MAX, (index) => client({ owner, address: `${owner} ${index}` }));
      expect(await many('bob')).toEqual(Array(MAX).fill('created'));
    }
  });

  it('are not counted where a job is refused for another reason, or was created before', async () => {
    const core = await setUpCore({ providers: [], maxPerClient: 1 });
    const options = { image: `/api/uploads/${'a'.repeat(22)}` };
    for (let count = 0; count < 3; count++) {
      const result = await core.jobs.create({ prompt: 'a', options }, { owner: 'ada', client: client() });
      expect(outcomeOf(result)).toBe('image-missing');
    }
    const idempotency = { key: 'k', digest: 'd', owner: 'ada' };
    for (let count = 0; count < 3; count++) {
      const result = await core.jobs.create({ prompt: 'a' }, { owner: 'ada', client: client(), idempotency });
      expect(result).toMatchObject({ ok: true, created: count === 0 });
    }
  });

  it('forget addresses whose jobs have all ended', async () => {
    const core = await setUpCore({ providers: [], maxPerClient: MAX });
    let reads = 0;
    const store = {
      countUnfinished: (owner: string) => core.store.countUnfinished(owner),
      readJobs: (jobIds: readonly string[]) => {
        reads++;
        return core.store.readJobs(jobIds);
      },
    };
    const quota = new JobQuota({ store, clock: core.clock, maxPerClient: MAX });
    const jobId = idOf(await create(core));
    (await quota.reserve(client(), 'ada'))?.settle(jobId);
    await quota.prune();
    expect(reads).toBe(1);
    await core.jobs.cancel(jobId);
    await quota.prune();
    await quota.prune();
    expect(reads).toBe(2);
  });
});

describe('[R2][R13] A retry', () => {
  async function setUpFailed(fields: { maxQueued?: number; maxPerClient?: number }) {
    const provider = createManualProvider();
    const core = await setUpCore({ providers: [provider], ...fields });
    await core.worker.start();
    const jobId = idOf(await create(core));
    (await provider.nextRun()).end(new ProviderError('PROVIDER_TIMEOUT'));
    await jobWhen(core, jobId, hasStatus('failed'));
    const occupy = async (who = client()) => {
      const running = idOf(await create(core, who));
      await provider.nextRun();
      await jobWhen(core, running, hasStatus('running'));
    };
    return { core, jobId, occupy };
  }

  it('is refused like a new job when the queue is full', async () => {
    const { core, jobId, occupy } = await setUpFailed({ maxQueued: 1 });
    await occupy(client({ owner: 'bob', address: '203.0.113.8' }));
    expect(outcomeOf(await create(core))).toBe('created');
    for (const who of [client(), client({ isLocal: true }), undefined])
      expect(outcomeOf(await core.jobs.retry(jobId, who))).toBe('queue-full');
    expect((await core.log.load(jobId))?.job.status).toBe('failed');
  });

  it('is refused like a new job when its owner, or its address, has as many as it may', async () => {
    const { core, jobId } = await setUpFailed({ maxPerClient: 1 });
    idOf(await create(core));
    const owner = client({ address: '203.0.113.9' });
    const address = client({ owner: 'bob' });
    for (const who of [owner, address]) expect(outcomeOf(await core.jobs.retry(jobId, who))).toBe('too-many-jobs');
    expect((await core.jobs.retry(jobId, client({ isLocal: true }))).ok).toBe(true);
  });

  it('counts for the address that asked for it', async () => {
    const { core, jobId } = await setUpFailed({ maxPerClient: 1 });
    core.clock.advance(1_000);
    const other = client({ owner: 'bob', address: '203.0.113.8' });
    expect((await core.jobs.retry(jobId, other)).ok).toBe(true);
    expect(outcomeOf(await create(core, other))).toBe('too-many-jobs');
  });

  it('of many failed jobs at once is within the limit', async () => {
    const provider = createManualProvider();
    const core = await setUpCore({ providers: [provider], maxPerClient: MAX });
    await core.worker.start();
    const failed: string[] = [];
    for (let count = 0; count < 2 * MAX; count++) {
      const jobId = idOf(await create(core, client({ isLocal: true })));
      (await provider.nextRun()).end(new ProviderError('PROVIDER_TIMEOUT'));
      await jobWhen(core, jobId, hasStatus('failed'));
      failed.push(jobId);
    }
    const results = await Promise.all(failed.map((jobId) => core.jobs.retry(jobId, client())));
    expect(results.filter(({ ok }) => ok)).toHaveLength(MAX);
  });

  it('in the wrong state is refused as before, whatever the limits', async () => {
    const core = await setUpCore({ providers: [], maxQueued: 1, maxPerClient: 1 });
    const jobId = idOf(await create(core));
    expect(outcomeOf(await core.jobs.retry(jobId, client()))).toBe('wrong-state');
    expect(outcomeOf(await core.jobs.retry('nothing', client()))).toBe('not-found');
  });
});
