import { describe, expect, it } from 'vitest';
import { registerImagesContract } from '../../images.contract.ts';
import type { ImageKey } from '../../images.ts';
import { isStorageError } from '../../storage-error.ts';
import { MemoryImages } from './memory-images.ts';

const budgets = (bytes: number) => ({ results: bytes, uploads: bytes, inputs: bytes });

registerImagesContract({ name: 'MemoryImages', create: async () => new MemoryImages(budgets(1_000_000)) });

const key = (name: string, jobId = 'a'.repeat(22)): ImageKey => ({ ownerId: jobId, kind: 'frames', name });
const bytes = (count: number) => ({ bytes: Buffer.alloc(count), type: 'image/jpeg' }) as const;

describe('MemoryImages', () => {
  it('refuses what is beyond its bound, as a full disk would, and keeps what it has', async () => {
    const images = new MemoryImages(budgets(100));
    await images.put(key('1.jpg'), bytes(60));
    await expect(images.put(key('2.jpg'), bytes(41))).rejects.toSatisfy(isStorageError);
    expect(await images.get(key('2.jpg'))).toBeUndefined();
    expect(await images.get(key('1.jpg'))).toBeDefined();
    await images.put(key('2.jpg'), bytes(40));
    await expect(images.check()).rejects.toSatisfy(isStorageError);
  });

  it('keeps uploads, inputs and results apart: none takes the room of another', async () => {
    const images = new MemoryImages({ results: 100, uploads: 50, inputs: 20 });
    const upload = (id: string): ImageKey => ({ ownerId: id.repeat(22), kind: 'uploads', name: 'picture.png' });
    const input: ImageKey = { ownerId: 'a'.repeat(22), kind: 'inputs', name: '1.png' };
    await images.put(upload('u'), bytes(50));
    await expect(images.put(upload('v'), bytes(1))).rejects.toThrow('the memory for uploads is full');
    await images.put(input, bytes(20));
    await expect(images.put({ ...input, name: '2.png' }, bytes(1))).rejects.toThrow('the memory for inputs is full');
    await images.check();
    await images.put({ ownerId: 'a'.repeat(22), kind: 'images', name: '1.png' }, bytes(60));
    await images.put(key('1.jpg'), bytes(40));
    await expect(images.check()).rejects.toThrow('the memory for results is full');
    await images.deleteUpload('u'.repeat(22));
    await images.put(upload('v'), bytes(50));
    await images.deleteJob('a'.repeat(22));
    await images.check();
    await images.put({ ...input, ownerId: 'b'.repeat(22) }, bytes(20));
  });

  it('counts a replaced picture once, and gives the room of a deleted job back', async () => {
    const images = new MemoryImages(budgets(100));
    for (let index = 0; index < 10; index++) await images.put(key('1.jpg'), bytes(90));
    await images.deleteJob('a'.repeat(22));
    await images.put(key('1.jpg', 'b'.repeat(22)), bytes(100));
    expect(await images.get(key('1.jpg', 'b'.repeat(22)))).toBeDefined();
  });
});
