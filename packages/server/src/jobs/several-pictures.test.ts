import { describe, expect, it } from 'vitest';
import { ProviderError } from '../provider-error.ts';
import { type Core, hasStatus, jobWhen, readLog, setUpCore } from '../testing/core.ts';
import { createManualProvider, type ManualProvider } from '../testing/manual-provider.ts';

async function create({ jobs }: Pick<Core, 'jobs'>, count = 4): Promise<string> {
  const result = await jobs.create({ prompt: 'a lighthouse', options: { steps: 5, seed: 10, count } });
  if (!result.ok) throw new Error(result.reason);
  return result.job.id;
}

async function setUp(folder?: string) {
  const provider = createManualProvider();
  const core = await setUpCore({ providers: [provider], ...(folder !== undefined && { folder }) });
  return { ...core, provider };
}

const hasPictures = (count: number) => (job: { resultUrls?: string[] | undefined }) => job.resultUrls?.length === count;

async function makePictures(core: Core & { provider: ManualProvider }, id: string, upTo: number, from = 1) {
  for (let number = from; number <= upTo; number++) {
    await (await core.provider.nextRun()).finish();
    await jobWhen(core, id, hasPictures(number));
  }
}

describe('A job of several pictures', () => {
  it('[J7] makes them one after the other, each with the next seed, and tells each', async () => {
    const core = await setUp();
    await core.worker.start();
    const id = await create(core);
    await makePictures(core, id, 4);
    const job = await jobWhen(core, id, hasStatus('completed'));
    expect(core.provider.requests.map(({ seed }) => seed)).toEqual([10, 11, 12, 13]);
    expect(job.resultUrls).toHaveLength(4);
    expect(new Set(job.resultUrls).size).toBe(4);
    const events = await readLog(core, id);
    expect(events.map(({ stage, percent, resultUrls }) => [stage, percent, resultUrls?.length])).toEqual([
      ['queued', undefined, undefined],
      ['running', 0, undefined],
      ['running', 25, 1],
      ['running', 50, 2],
      ['running', 75, 3],
      ['uploading', 100, undefined],
      ['completed', 100, 4],
    ]);
    for (const url of job.resultUrls ?? []) {
      const name = url.split('/').at(-1) ?? '';
      expect(await core.images.get({ ownerId: id, kind: 'images', name })).toBeDefined();
    }
  });

  it('[J6][J7] a crash in the middle keeps what is finished: the next attempt makes the rest', async () => {
    const before = await setUp();
    await before.worker.start();
    const id = await create(before);
    await makePictures(before, id, 2);
    await before.provider.nextRun();
    const kept = before.log.peek(id)?.job.resultUrls;
    // What a crash leaves: the store as it is, and nobody who says another word.
    await before.store.close();

    const after = await setUp(before.folder);
    await after.worker.start();
    await makePictures(after, id, 4, 3);
    const job = await jobWhen(after, id, hasStatus('completed'));
    expect(job.attempt).toBe(2);
    expect(job.resultUrls?.slice(0, 2)).toEqual(kept);
    expect(after.provider.requests.map(({ seed }) => seed)).toEqual([12, 13]);
    const resumed = (await readLog(after, id)).find(({ attempt, stage }) => attempt === 2 && stage === 'running');
    expect(resumed?.percent).toBe(50);
  });

  it('[J6] a failure keeps what is finished for the retry', async () => {
    const core = await setUp();
    await core.worker.start();
    const id = await create(core, 2);
    await makePictures(core, id, 1);
    (await core.provider.nextRun()).end(new ProviderError('SERVER_ERROR'));
    const failed = await jobWhen(core, id, hasStatus('failed'));
    expect(failed.resultUrls).toHaveLength(1);
    await core.jobs.retry(id);
    await makePictures(core, id, 2, 2);
    expect(core.provider.requests.map(({ seed }) => seed)).toEqual([10, 11, 11]);
  });
});
