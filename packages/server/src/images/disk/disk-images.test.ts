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
