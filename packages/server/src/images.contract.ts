import { describe, expect, it } from 'vitest';
import type { ImageKey, Images } from './images.ts';
import type { EncodedImage } from './provider.ts';

export interface ImagesContract {
  readonly name: string;
  /** An empty storage; it goes away with the test. */
  readonly create: () => Promise<Images>;
}

const JOB = 'a'.repeat(22);
const frame = (name: string, jobId = JOB): ImageKey => ({ ownerId: jobId, kind: 'frames', name });
const picture = (name: string, jobId = JOB): ImageKey => ({ ownerId: jobId, kind: 'images', name });
const jpeg = (...bytes: number[]): EncodedImage => ({ bytes: Buffer.from(bytes), type: 'image/jpeg' });
const bytesOf = (image: EncodedImage | undefined) => image && [...image.bytes];

/** What every image storage promises (`images.ts`). Run by each adapter on its real backend. */
export function registerImagesContract({ name, create }: ImagesContract): void {
  describe(`${name} keeps the image storage's contract`, () => {
    it.each([
      ['1-abc.jpg', 'image/jpeg'],
      ['1-abc.png', 'image/png'],
      ['1-abc.webp', 'image/webp'],
    ] as const)('[R4] gives back the bytes and the type of %s', async (file, type) => {
      const images = await create();
      const bytes = Buffer.from(Array.from({ length: 70_000 }, (_none, index) => index % 251));
      await images.put(picture(file), { bytes, type });
      const image = await images.get(picture(file));
      expect(image?.type).toBe(type);
      expect(Buffer.compare(Buffer.from(image?.bytes ?? []), bytes)).toBe(0);
    });

    it('knows nothing of what was not put', async () => {
      const images = await create();
      expect(await images.get(picture('1-abc.jpg'))).toBeUndefined();
      await images.put(picture('1-abc.jpg'), jpeg(1));
      expect(await images.get(picture('2-abc.jpg'))).toBeUndefined();
      expect(await images.get(picture('1-abc.txt'))).toBeUndefined();
    });

    it('keeps previews and results, and jobs, apart', async () => {
      const images = await create();
      const other = 'b'.repeat(22);
      await images.put(frame('1-abc.jpg'), jpeg(1));
      await images.put(picture('1-abc.jpg'), jpeg(2));
      await images.put(frame('1-abc.jpg', other), jpeg(3));
      expect(bytesOf(await images.get(frame('1-abc.jpg')))).toEqual([1]);
      expect(bytesOf(await images.get(picture('1-abc.jpg')))).toEqual([2]);
      expect(bytesOf(await images.get(frame('1-abc.jpg', other)))).toEqual([3]);
    });

    it('put again replaces', async () => {
      const images = await create();
      await images.put(frame('1-abc.jpg'), jpeg(1, 2, 3));
      await images.put(frame('1-abc.jpg'), jpeg(9));
      expect(bytesOf(await images.get(frame('1-abc.jpg')))).toEqual([9]);
    });

    it('takes many pictures at once', async () => {
      const images = await create();
      const names = Array.from({ length: 30 }, (_none, index) => `${index}-abc.jpg`);
      await Promise.all(names.map((file, index) => images.put(frame(file), jpeg(index))));
      const stored = await Promise.all(names.map(async (file) => bytesOf(await images.get(frame(file)))));
      expect(stored).toEqual(names.map((_file, index) => [index]));
    });

    it('deleteJob removes every picture of the job and nobody else’s; twice is no error', async () => {
      const images = await create();
      const other = `aa${'b'.repeat(20)}`;
      await images.put(frame('1-abc.jpg'), jpeg(1));
      await images.put(picture('1-abc.jpg'), jpeg(2));
      await images.put(frame('1-abc.jpg', other), jpeg(3));
      await images.deleteJob(JOB);
      await images.deleteJob(JOB);
      expect(await images.get(frame('1-abc.jpg'))).toBeUndefined();
      expect(await images.get(picture('1-abc.jpg'))).toBeUndefined();
      expect(bytesOf(await images.get(frame('1-abc.jpg', other)))).toEqual([3]);
    });

    it('[R7] lists uploads and removes one; jobs and their pictures are apart', async () => {
      const images = await create();
      const upload = (ownerId: string): ImageKey => ({ ownerId, kind: 'uploads', name: 'picture.png' });
      const [one, two] = ['u'.repeat(22), JOB];
      expect(await images.listUploads()).toEqual([]);
      await images.put(upload(one), jpeg(1));
      await images.put(upload(two), jpeg(2));
      await images.put({ ownerId: JOB, kind: 'inputs', name: '1-abc.png' }, jpeg(3));
      expect([...(await images.listUploads())].sort()).toEqual([two, one]);
      await images.deleteUpload(one);
      await images.deleteUpload(one);
      expect(await images.get(upload(one))).toBeUndefined();
      await images.deleteJob(JOB);
      expect(bytesOf(await images.get(upload(two)))).toEqual([2]);
      expect(await images.get({ ownerId: JOB, kind: 'inputs', name: '1-abc.png' })).toBeUndefined();
      expect(await images.listUploads()).toEqual([two]);
    });

    it('says that it can store', async () => {
      const images = await create();
      await expect(images.check()).resolves.toBeUndefined();
    });
  });
}
