import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { readPngText } from '../png-text.ts';
import { createStudio } from './studio.ts';

const studio = createStudio(1);
afterAll(() => studio.close());

/** Smaller than what people may ask for: it is painted in the same way. */
const order = { prompt: 'a red house in the snow', seed: 3, size: 128 };
const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function film(): Promise<string[]> {
  const painting = await studio.open(order);
  const frames: string[] = [];
  for (const step of [1, 4, 8]) frames.push(digest(await painting.preview(step, 8)));
  frames.push(digest(await painting.picture({ parameters: 'p' })));
  painting.drop();
  return frames;
}

describe('Studio', () => {
  it('gives the same bytes in every run, another frame for every step', async () => {
    const first = await film();
    expect(await film()).toEqual(first);
    expect(new Set(first).size).toBe(first.length);
  });

  it('writes JPEG previews and a PNG that says what it was made from', async () => {
    const painting = await studio.open(order);
    const preview = await sharp(await painting.preview(2, 8)).metadata();
    const png = await painting.picture({ parameters: 'a red house in the snow\nSteps: 8' });
    painting.drop();
    expect(preview).toMatchObject({ format: 'jpeg', width: 128, height: 128 });
    expect(await sharp(png).metadata()).toMatchObject({ format: 'png', width: 128, height: 128 });
    expect(readPngText(png)).toEqual({ parameters: 'a red house in the snow\nSteps: 8' });
  });

  it('lets go at once when the signal says so', async () => {
    const stop = new AbortController();
    const opening = studio.open({ ...order, size: 1024, style: 'oil' }, stop.signal);
    stop.abort(new Error('enough'));
    await expect(opening).rejects.toThrow('enough');
    await expect(studio.open(order, stop.signal)).rejects.toThrow('enough');
  });

  it('leaves the event loop free while it paints', async () => {
    const used = ({ user, system }: NodeJS.CpuUsage) => user + system;
    const [here, everywhere] = [process.threadCpuUsage(), process.cpuUsage()];
    const painting = await studio.open({ ...order, size: 512 });
    for (const step of [2, 5, 7]) await painting.preview(step, 8);
    painting.drop();
    expect(used(process.threadCpuUsage(here))).toBeLessThan(used(process.cpuUsage(everywhere)) / 4);
  });

  it('may be closed twice, and then refuses', async () => {
    const other = createStudio(1);
    await other.open(order).then((painting) => painting.drop());
    await other.close();
    await other.close();
    await expect(other.open(order)).rejects.toThrow('closed');
  });
});
