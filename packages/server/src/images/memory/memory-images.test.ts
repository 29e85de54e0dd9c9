import { describe, expect, it } from 'vitest';
import { registerImagesContract } from '../../images.contract.ts';
import type { ImageKey } from '../../images.ts';
import { isStorageError } from '../../storage-error.ts';
import { MemoryImages } from './memory-images.ts';

registerImagesContract({ name: 'MemoryImages', create: async () => new MemoryImages(1_000_000) });

const key = (name: string, jobId = 'a'.repeat(22)): ImageKey => ({ ownerId: jobId, kind: 'frames', name });
const bytes = (count: number) => ({ bytes: Buffer.alloc(count), type: 'image/jpeg' }) as const;

describe('MemoryImages', () => {
  it('refuses what is beyond its bound, as a full disk would, and keeps what it has', async () => {
    const images = new MemoryImages(100);
    await images.put(key('1.jpg'), bytes(60));
    await expect(images.put(key('2.jpg'), bytes(41))).rejects.toSatisfy(isStorageError);
    expect(await images.get(key('2.jpg'))).toBeUndefined();
    expect(await images.get(key('1.jpg'))).toBeDefined();
    await images.put(key('2.jpg'), bytes(40));
    await expect(images.check()).rejects.toSatisfy(isStorageError);
  });

  it('counts a replaced picture once, and gives the room of a deleted job back', async () => {
    const images = new MemoryImages(100);
    for (let index = 0; index < 10; index++) await images.put(key('1.jpg'), bytes(90));
    await images.deleteJob('a'.repeat(22));
    await images.put(key('1.jpg', 'b'.repeat(22)), bytes(100));
    expect(await images.get(key('1.jpg', 'b'.repeat(22)))).toBeDefined();
  });
});
