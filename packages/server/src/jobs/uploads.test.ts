import { LIMITS } from '@darkroom/protocol';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { ImageDecoder } from '../image-files/image-decoder.ts';
import { MemoryImages } from '../images/memory/memory-images.ts';
import type { ImageKey, Images } from '../images.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { PNG } from '../testing/manual-provider.ts';
import { parseImageUrl } from './image-address.ts';
import { Uploads } from './uploads.ts';

const JOB_ID = 'a'.repeat(22);

const picture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#c40' } })
    .png()
    .toBuffer();

const decoder = new ImageDecoder({ clock: new FakeClock() });
afterAll(() => decoder.close());

/** Uploads in memory; `beforeGet` is called before the storage answers. */
function setUp(beforeGet: () => Promise<void> = async () => {}) {
  const clock = new FakeClock();
  const memory = new MemoryImages({ results: 10_000_000, uploads: 10_000_000, inputs: 10_000_000 });
  const images: Images = {
    put: (key, image) => memory.put(key, image),
    get: async (key) => {
      await beforeGet();
      return memory.get(key);
    },
    deleteJob: (jobId) => memory.deleteJob(jobId),
    listUploads: () => memory.listUploads(),
    deleteUpload: (uploadId) => memory.deleteUpload(uploadId),
    check: () => memory.check(),
    close: () => memory.close(),
  };
  const uploads = new Uploads({ images, clock, decoder });
  const add = async () => {
    const { url } = await uploads.add(await picture(6, 4));
    return { url, id: keyOf(url).ownerId };
  };
  return { clock, memory, uploads, add };
}

function keyOf(url: string | undefined): ImageKey {
  const key = url === undefined ? undefined : parseImageUrl(url);
  if (key === undefined) throw new Error(`${url} is no picture's address`);
  return key;
}

describe('Uploads', () => {
  it('[R7] keeps a picture under an address of its own and says until when', async () => {
    const { clock, uploads } = setUp();
    const bytes = await picture(6, 4);
    const first = await uploads.add(bytes);
    const second = await uploads.add(bytes);
    expect(first).toEqual({
      url: expect.stringMatching(/^\/api\/uploads\/[\w-]{30}$/),
      width: 6,
      height: 4,
      expiresAt: new Date(clock.now() + LIMITS.uploadTtlMs).toISOString(),
    });
    expect(second.url).not.toBe(first.url);
    const kept = await uploads.get(keyOf(first.url).ownerId);
    expect(await sharp(kept?.bytes).metadata()).toMatchObject({ format: 'png', width: 6, height: 4 });
  });

  it('[R7] is over after its time, for readers and for new jobs', async () => {
    const { clock, uploads, add } = setUp();
    const { url, id } = await add();
    clock.advance(LIMITS.uploadTtlMs - 1);
    expect(await uploads.get(id)).toBeDefined();
    expect(await uploads.copyFor(JOB_ID, url, 2)).toBeDefined();
    clock.advance(1);
    expect(await uploads.get(id)).toBeUndefined();
    expect(await uploads.copyFor(JOB_ID, url, 2)).toBeUndefined();
  });

  it('[R7] gives a job a square copy of its own, which the removal of the upload leaves', async () => {
    const { clock, memory, uploads, add } = setUp();
    const { url } = await add();
    const copy = keyOf(await uploads.copyFor(JOB_ID, url, 2));
    expect(copy).toMatchObject({ ownerId: JOB_ID, kind: 'inputs' });
    clock.advance(LIMITS.uploadTtlMs);
    expect(await uploads.expire()).toBe(1);
    const kept = await memory.get(copy);
    expect(await sharp(kept?.bytes).metadata()).toMatchObject({ width: 2, height: 2 });
    await uploads.forget(JOB_ID);
    expect(await memory.get(copy)).toBeUndefined();
  });

  it('[R7] copies a picture of a job, however old', async () => {
    const { clock, memory, uploads } = setUp();
    // The id of a job tells no time: read as an upload's, this one would be from 1970.
    const source = { ownerId: 'A'.repeat(22), kind: 'images', name: '1-0123456789ab.png' } as const;
    await memory.put(source, { bytes: await picture(6, 4), type: 'image/png' });
    clock.advance(10 * LIMITS.uploadTtlMs);
    const url = `/api/jobs/${source.ownerId}/images/${source.name}`;
    expect(await uploads.copyFor(JOB_ID, url, 2)).toMatch(new RegExp(`^/api/jobs/${JOB_ID}/inputs/1-`));
  });

  it.each(['https://elsewhere.example/cat.png', `/api/jobs/${'b'.repeat(22)}/images/1-0123456789ab.png`])(
    '[R7] there is no copy of what is not here: %s',
    async (url) => {
      const { uploads } = setUp();
      expect(await uploads.copyFor(JOB_ID, url, 2)).toBeUndefined();
    },
  );

  it('makes four copies at once, three for one client, the others after them', async () => {
    const { promise: opened, resolve: open } = Promise.withResolvers<void>();
    let asked = 0;
    const { uploads, add } = setUp(() => {
      asked++;
      return opened;
    });
    const { url } = await add();
    const copy = (address: string) =>
      uploads.copyFor(JOB_ID, url, 2, { client: { owner: undefined, address, isLocal: false } });
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const copies = Array.from({ length: 5 }, () => copy('a'));
    await turn();
    expect(asked).toBe(3);
    copies.push(copy('b'), copy('b'));
    await turn();
    expect(asked).toBe(4);
    open();
    expect(await Promise.all(copies)).toEqual(copies.map(() => expect.any(String)));
    expect(asked).toBe(7);
  });

  it('a job’s copy counts, where memory is what fills up, until the job is removed', async () => {
    const { memory, clock, add } = setUp();
    const copyLimits = { maxCount: 2, maxBytes: 1_000_000, isMemory: true };
    const uploads = new Uploads({ images: memory, clock, decoder: new ImageDecoder({ clock }), copyLimits });
    const { url } = await add();
    const client = { owner: 'ada', address: undefined, isLocal: true };
    const copy = (jobId: string) => uploads.copyFor(jobId, url, 2, { client });
    const [first, second, third] = ['b', 'c', 'd'].map((letter) => letter.repeat(22));
    if (first === undefined || second === undefined || third === undefined) throw new Error('there are three');
    for (const jobId of [first, second]) expect(await copy(jobId)).toBeDefined();
    await expect(copy(third)).rejects.toThrow('At most 2 of your images are kept at the same time.');
    await uploads.forget(first);
    expect(await copy(third)).toBeDefined();
  });

  it('[R7] removes uploads that are too old and nothing else', async () => {
    const { clock, memory, uploads, add } = setUp();
    const old = await add();
    clock.advance(LIMITS.uploadTtlMs - 1);
    const fresh = await add();
    const ofBefore = old.id.slice(0, 22);
    await memory.put({ ownerId: ofBefore, kind: 'uploads', name: 'picture.png' }, PNG);
    const foreign = ['backup', ...[21, 23, 29, 31].map((length) => 'A'.repeat(length)), `.${'A'.repeat(22)}`];
    for (const ownerId of foreign) await memory.put({ ownerId, kind: 'uploads', name: 'picture.png' }, PNG);
    expect(await uploads.expire()).toBe(0);
    expect(await uploads.get(ofBefore)).toBeDefined();
    clock.advance(1);
    expect(await uploads.expire()).toBe(2);
    expect((await memory.listUploads()).toSorted()).toEqual([fresh.id, ...foreign].toSorted());
    expect(await uploads.get(old.id)).toBeUndefined();
  });
});
