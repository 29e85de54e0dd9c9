import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Job, jobError } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import type { Images } from '../images.ts';
import { ProviderError } from '../provider-error.ts';
import type { Idempotency } from '../store.ts';
import { createJob, hasStatus, jobWhen, readLog, setUpCore } from '../testing/core.ts';
import { createGatedImages } from '../testing/gated-images.ts';
import { createManualProvider, PNG } from '../testing/manual-provider.ts';
import { imageUrl, parseImageUrl } from './image-address.ts';

const idle = () => setUpCore({ providers: [] });

describe('JobService', () => {
  describe('create', () => {
    it('[R1] the job is on disk and in line, its settings filled in', async () => {
      const core = await idle();
      const result = await core.jobs.create({ prompt: 'a cat', options: { size: '768', seed: 0 } });
      if (!result.ok) throw new Error(result.reason);
      expect(result).toMatchObject({ created: true });
      expect(result.job).toMatchObject({
        prompt: 'a cat',
        status: 'queued',
        attempt: 1,
        maxAttempts: 3,
        lastEventSeq: 1,
        options: { size: '768', steps: 20, seed: 0 },
      });
      expect(result.job.options).not.toHaveProperty('image');
      expect((await core.store.readJob(result.job.id))?.job).toEqual(result.job);
      expect([...(await core.queue.places())]).toEqual([[result.job.id, 1]]);
    });

    it('[J1] ids are 22 characters of base64url, and differ', async () => {
      const core = await idle();
      const ids = (await Promise.all(Array.from({ length: 20 }, () => createJob(core)))).map(({ id }) => id);
      for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{22}$/);
      expect(new Set(ids).size).toBe(20);
    });

    it('a seed that nobody names is chosen and written into the job', async () => {
      const core = await idle();
      const seeds = [await createJob(core), await createJob(core)].map(({ options }) => options?.seed);
      expect(seeds[0]).toBeTypeOf('number');
      expect(seeds[0]).not.toBe(seeds[1]);
    });

    it('[R1] the same key and request gets the first job, another request under it is a conflict', async () => {
      const core = await idle();
      const key = { key: 'k', digest: 'd' };
      const request = { prompt: 'a cat' };
      const [first, second] = await Promise.all([
        core.jobs.create(request, { idempotency: key }),
        core.jobs.create(request, { idempotency: key }),
      ]);
      if (!first.ok || !second.ok) throw new Error('refused');
      expect([first.created, second.created]).toEqual([true, false]);
      expect(second.job.id).toBe(first.job.id);
      expect(await core.jobs.create(request, { idempotency: { ...key, digest: 'other' } })).toEqual({
        ok: false,
        reason: 'idempotency-conflict',
      });
      expect(await core.queue.size()).toBe(1);
    });

    it('takes no more jobs than may wait, however many come at once', async () => {
      const core = await setUpCore({ providers: [], maxQueued: 5 });
      const results = await Promise.all(Array.from({ length: 20 }, () => core.jobs.create({ prompt: 'a cat' })));
      expect(results.filter(({ ok }) => ok)).toHaveLength(5);
      expect(results.find(({ ok }) => !ok)).toEqual({ ok: false, reason: 'queue-full' });
      expect(await core.queue.size()).toBe(5);
      const [first] = results;
      if (first?.ok) await core.jobs.cancel(first.job.id);
      expect((await core.jobs.create({ prompt: 'a cat' })).ok).toBe(true);
      expect((await core.jobs.create({ prompt: 'a cat' })).ok).toBe(false);
    });

    it('[R1] a repeated request finds its job even while the queue is full', async () => {
      const core = await setUpCore({ providers: [], maxQueued: 1 });
      const key = { key: 'k', digest: 'd' };
      const first = await core.jobs.create({ prompt: 'a cat' }, { idempotency: key });
      expect(await core.jobs.create({ prompt: 'a cat' }, { idempotency: key })).toEqual({ ...first, created: false });
    });
  });

  describe('create, with what is kept beside the job', () => {
    it('[J1] keeps the owner, the time and an epoch of its own', async () => {
      const core = await idle();
      const result = await core.jobs.create({ prompt: 'a cat' }, { owner: 'owner-1' });
      if (!result.ok) throw new Error(result.reason);
      const record = await core.store.readJob(result.job.id);
      expect(record).toMatchObject({ owner: 'owner-1', epoch: expect.stringMatching(/^[\w-]{8}$/) });
      const now = new Date(core.clock.now()).toISOString();
      expect(result.job).toMatchObject({ createdAt: now, updatedAt: now });
      const other = await createJob(core);
      expect((await core.store.readJob(other.id))?.epoch).not.toBe(record?.epoch);
    });

    it('[R8] refuses what no backend can do, and makes no job', async () => {
      const provider = createManualProvider({ capabilities: { sizes: ['512'] } });
      const core = await setUpCore({ providers: [provider] });
      expect(await core.jobs.create({ prompt: 'a cat', options: { size: '768' } })).toEqual({
        ok: false,
        reason: 'unsupported-option',
        option: 'size',
        message: 'No backend can do 768 px.',
      });
      expect((await core.store.listJobs(10)).jobs).toEqual([]);
    });

    it('[M1] keeps the turn that asks for it, and refuses a turn of a conversation that is unknown', async () => {
      const core = await idle();
      const at = new Date(core.clock.now()).toISOString();
      const turnIn = (conversationId: string) => (job: Job) => ({
        conversationId,
        owner: 'owner-1',
        at,
        messages: [
          { role: 'user' as const, content: `draw ${job.options?.steps}`, metadata: { type: 'text' as const } },
        ],
        title: 'a cat',
      });
      await core.store.conversations.create({ id: 'c-1', title: '', createdAt: at, updatedAt: at }, 'owner-1');
      const asked = { owner: 'owner-1', turn: turnIn('c-1') };
      expect(await core.jobs.create({ prompt: 'a cat' }, asked)).toMatchObject({ ok: true, created: true });
      const { messages } = await core.store.conversations.readMessages('c-1', 10);
      expect(messages.map(({ content }) => content)).toEqual(['draw 20']);
      expect(await core.jobs.create({ prompt: 'a cat' }, { ...asked, turn: turnIn('c-2') })).toEqual({
        ok: false,
        reason: 'no-conversation',
      });
      expect(await core.queue.size()).toBe(1);
    });

    it('counts a request that fails as over', async () => {
      const core = await setUpCore({ providers: [], maxQueued: 1 });
      const fails = () => core.jobs.create({ prompt: 'a cat', options: { image: '/api/uploads/unknown' } });
      for (let count = 0; count < 3; count++) expect(await fails()).toEqual({ ok: false, reason: 'image-missing' });
      expect((await core.jobs.create({ prompt: 'a cat' })).ok).toBe(true);
    });
  });

  describe('create, with an image to begin with', () => {
    const NAMES = { ownerId: 'A'.repeat(22), kind: 'images', name: '1-0123456789ab.png' } as const;
    const URL = imageUrl(NAMES);
    const filesIn = async (folder: string) =>
      (await readdir(join(folder, 'images'), { recursive: true, withFileTypes: true })).filter((file) => file.isFile());

    async function setUpImage(image = PNG) {
      const core = await idle();
      await core.images.put(NAMES, image);
      const create = (idempotency?: Idempotency) =>
        core.jobs.create({ prompt: 'a cat', options: { size: '512', image: URL } }, { idempotency });
      return { ...core, create };
    }

    it('[R7] keeps a copy of its own, of the size of the job', async () => {
      const core = await setUpImage();
      const result = await core.create();
      if (!result.ok) throw new Error(result.reason);
      const key = parseImageUrl(result.job.options?.image ?? '');
      expect(key).toMatchObject({ ownerId: result.job.id, kind: 'inputs' });
      expect(result.job.options).toMatchObject({ size: '512', steps: 20 });
      const copy = key && (await core.images.get(key));
      // Width and height of a PNG are at byte 16.
      expect(copy && Buffer.from(copy.bytes).readUInt32BE(16)).toBe(512);
    });

    it('[R7] refuses an image that is gone, or that cannot be read', async () => {
      const gone = await setUpImage();
      await gone.images.deleteJob(NAMES.ownerId);
      expect(await gone.create()).toEqual({ ok: false, reason: 'image-missing' });
      const broken = await setUpImage({ bytes: Buffer.from('a letter'), type: 'image/png' });
      expect(await broken.create()).toEqual({ ok: false, reason: 'image-unreadable' });
      expect((await broken.store.listJobs(10)).jobs).toEqual([]);
    });

    it('[R7] throws what is no fault of the image', async () => {
      const fault = new Error('the disk does not answer');
      const wrapImages = (images: Images) => ({
        ...createGatedImages(images, 'frames').images,
        get: () => Promise.reject(fault),
      });
      const core = await setUpCore({ providers: [], wrapImages });
      await expect(core.jobs.create({ prompt: 'a cat', options: { image: URL } })).rejects.toBe(fault);
    });

    it('[R1][R7] removes the copy of a request whose job was made already, and keeps that of the job', async () => {
      const core = await setUpImage();
      const key = { key: 'k', digest: 'd' };
      const results = await Promise.all([core.create(key), core.create(key)]);
      // Whose copy is made first is open.
      expect(results.map((result) => result.ok && result.created).toSorted()).toEqual([false, true]);
      // The image itself, and one copy.
      expect(await filesIn(core.folder)).toHaveLength(2);
      const [first] = results;
      const copy = first?.ok ? parseImageUrl(first.job.options?.image ?? '') : undefined;
      expect(copy && (await core.images.get(copy))).toBeDefined();
    });
  });

  it('[R2] answers the job as it is after a change, which makes no new one', async () => {
    const core = await idle();
    const { id } = await createJob(core);
    await core.log.appendAtHead(id, { type: 'fail', error: jobError('SERVER_ERROR') });
    await core.queue.remove(id);
    expect(await core.jobs.retry(id)).toMatchObject({
      ok: true,
      created: false,
      job: { status: 'queued', attempt: 2 },
    });
    expect([...(await core.queue.places()).keys()]).toEqual([id]);
    expect(await core.jobs.cancel(id)).toMatchObject({ ok: true, created: false, job: { status: 'cancelled' } });
    expect(await core.jobs.cancel(id)).toMatchObject({ ok: true, created: false });
  });

  describe('cancel', () => {
    it('[R2] takes a waiting job out of line; again is no error', async () => {
      const core = await idle();
      const { id } = await createJob(core);
      expect(await core.jobs.cancel(id)).toMatchObject({ ok: true, job: { status: 'cancelled' } });
      expect(await core.queue.size()).toBe(0);
      expect(await core.jobs.cancel(id)).toMatchObject({ ok: true, job: { status: 'cancelled' } });
      expect((await readLog(core, id)).map(({ stage }) => stage)).toEqual(['queued', 'cancelled']);
    });

    it('[R2] two at once are both answered, one is written', async () => {
      const core = await idle();
      const { id } = await createJob(core);
      const results = await Promise.all([core.jobs.cancel(id), core.jobs.cancel(id)]);
      expect(results.map(({ ok }) => ok)).toEqual([true, true]);
      expect(await readLog(core, id)).toHaveLength(2);
    });

    it('[R2] an ended job cannot be cancelled, an unknown one is not found', async () => {
      const provider = createManualProvider();
      const core = await setUpCore({ providers: [provider] });
      await core.worker.start();
      const { id } = await createJob(core);
      await (await provider.nextRun()).finish();
      await jobWhen(core, id, hasStatus('completed'));
      expect(await core.jobs.cancel(id)).toEqual({
        ok: false,
        reason: 'wrong-state',
        message: 'A completed job cannot cancel.',
      });
      expect(await core.jobs.cancel('unknown')).toEqual({ ok: false, reason: 'not-found' });
    });
  });

  describe('retry', () => {
    it('[R2][J6] runs a failed job again from a clean slate, at the end of the line, until its attempts are used', async () => {
      const provider = createManualProvider();
      const core = await setUpCore({ providers: [provider] });
      await core.worker.start();
      const { id } = await createJob(core);
      for (let attempt = 1; attempt <= 3; attempt++) {
        const run = await provider.nextRun();
        run.end(new ProviderError('PROVIDER_TIMEOUT'));
        expect(await jobWhen(core, id, hasStatus('failed'))).toMatchObject({ attempt });
        const result = await core.jobs.retry(id);
        expect(result.ok).toBe(attempt < 3);
        if (result.ok) expect(result.job).not.toHaveProperty('error');
      }
      expect(await core.jobs.retry(id)).toMatchObject({ reason: 'wrong-state', message: 'All 3 attempts are used.' });
    });

    it('[R2] a retry in the very moment of the failure is not lost', async () => {
      const provider = createManualProvider();
      const core = await setUpCore({ providers: [provider] });
      await core.worker.start();
      const { id } = await createJob(core);
      const retried = Promise.withResolvers<boolean>();
      await core.log.watch(id, () => {
        if (core.log.peek(id)?.job.status === 'failed') core.jobs.retry(id).then(({ ok }) => retried.resolve(ok));
      });
      (await provider.nextRun()).end(new ProviderError('PROVIDER_TIMEOUT'));
      expect(await retried.promise).toBe(true);
      await (await provider.nextRun()).finish();
      expect(await jobWhen(core, id, hasStatus('completed'))).toMatchObject({ attempt: 2 });
    });

    it.each(['PROVIDER_REJECTED', 'INVALID_PROMPT'] as const)(
      '[A5] a job that failed with %s is not run again',
      async (code) => {
        const provider = createManualProvider();
        const core = await setUpCore({ providers: [provider] });
        await core.worker.start();
        const { id } = await createJob(core);
        (await provider.nextRun()).end(new ProviderError(code));
        await jobWhen(core, id, hasStatus('failed'));
        expect(await core.jobs.retry(id)).toMatchObject({ ok: false, reason: 'wrong-state' });
        expect((await readLog(core, id)).at(-1)?.stage).toBe('failed');
      },
    );

    it('[R2] a waiting job cannot be retried, an unknown one is not found', async () => {
      const core = await idle();
      const { id } = await createJob(core);
      expect(await core.jobs.retry(id)).toMatchObject({ reason: 'wrong-state' });
      expect(await core.jobs.retry('unknown')).toEqual({ ok: false, reason: 'not-found' });
    });
  });

  it('[R5] abandon cancels what can be cancelled and leaves the rest', async () => {
    const core = await idle();
    const { id } = await createJob(core);
    await core.jobs.abandon(id);
    await core.jobs.abandon(id);
    await core.jobs.abandon('unknown');
    expect((await readLog(core, id)).map(({ stage }) => stage)).toEqual(['queued', 'cancelled']);
  });
});
