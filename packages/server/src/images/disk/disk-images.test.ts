import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { registerImagesContract } from '../../images.contract.ts';
import type { ImageKey } from '../../images.ts';
import { isStorageError } from '../../storage-error.ts';
import { JPEG } from '../../testing/manual-provider.ts';
import { tempFolder } from '../../testing/temp-folder.ts';
import { DiskImages } from './disk-images.ts';

registerImagesContract({
  name: 'DiskImages',
  create: async () => new DiskImages(join(await tempFolder(), 'images')),
});

const KEY: ImageKey = { ownerId: 'a'.repeat(22), kind: 'frames', name: '1-abc.jpg' };

describe('DiskImages', () => {
  it('[J5] another instance, as after a restart, finds the pictures', async () => {
    const folder = await tempFolder();
    await new DiskImages(folder).put(KEY, JPEG);
    expect((await new DiskImages(folder).get(KEY))?.bytes).toEqual(JPEG.bytes);
  });

  it('leaves nothing half-written beside the picture', async () => {
    const folder = await tempFolder();
    await new DiskImages(folder).put(KEY, JPEG);
    const files = await readdir(folder, { recursive: true, withFileTypes: true });
    expect(files.filter((file) => file.isFile()).map((file) => file.name)).toEqual(['1-abc.jpg']);
  });

  it('several processes may share a folder: nobody reads half of a picture that is put again', async () => {
    const folder = await tempFolder();
    const [one, two] = [new DiskImages(folder), new DiskImages(folder)];
    const large = { bytes: Buffer.alloc(2_000_000, 7), type: 'image/png' } as const;
    await one.put(KEY, large);
    const sizes = new Set<number | undefined>();
    for (let turn = 0; turn < 5; turn++) {
      const reads = Array.from({ length: 4 }, () => one.get(KEY));
      await Promise.all([one.put(KEY, large), two.put(KEY, large)]);
      for (const image of await Promise.all(reads)) sizes.add(image?.bytes.byteLength);
    }
    expect([...sizes]).toEqual([2_000_000]);
  });

  it('several processes may check, and remove the same pictures, at the same time', async () => {
    const folder = await tempFolder();
    const several = Array.from({ length: 4 }, () => new DiskImages(folder));
    const everybody = (work: (images: DiskImages) => Promise<void>) =>
      Promise.all(several.flatMap((images) => [work(images), work(images)]));
    for (let index = 0; index < 40; index++) await several[0]?.put({ ...KEY, name: `${index}-abc.jpg` }, JPEG);
    await several[0]?.put({ ...KEY, kind: 'uploads' }, JPEG);
    await everybody((images) => images.check());
    await everybody((images) => images.deleteJob(KEY.ownerId));
    await everybody((images) => images.deleteUpload(KEY.ownerId));
    expect(await several[1]?.get({ ...KEY, name: '0-abc.jpg' })).toBeUndefined();
    expect(await several[1]?.listUploads()).toEqual([]);
  });

  it('says with a StorageError that the folder cannot be written, and works again once it can', async () => {
    const folder = join(await tempFolder(), 'images');
    await writeFile(folder, 'a file where the folder should be');
    const images = new DiskImages(folder);
    await expect(images.put(KEY, JPEG)).rejects.toSatisfy(isStorageError);
    await expect(images.check()).rejects.toSatisfy(isStorageError);
    expect(await images.get(KEY)).toBeUndefined();
    await rm(folder);
    await images.check();
    await images.put(KEY, JPEG);
    expect(await images.get(KEY)).toBeDefined();
  });
});
