import { createHash } from 'node:crypto';
import { StepGate } from '@darkroom/fake-backends';
import { readPngText } from '@darkroom/painter';
import { afterAll, describe, expect, it } from 'vitest';
import type { GenerateRequest, Update } from '../../provider.ts';
import { parseSketchConfig } from './sketch-config.ts';
import { createSketchProvider } from './sketch-provider.ts';

const provider = createSketchProvider({ name: 'sketch', stepMs: 0, concurrency: 2, timeoutMs: 60_000 });
const slow = createSketchProvider({ name: 'sketch', stepMs: 50, concurrency: 1, timeoutMs: 60_000 });
const steps = new StepGate({ steps: 0 });
const stepped = createSketchProvider({ name: 'sketch', stepMs: 0, concurrency: 1, timeoutMs: 60_000 }, steps);
afterAll(() => Promise.all([provider, slow, stepped].map((one) => one.close())));

const request: GenerateRequest = {
  prompt: 'a boat at dawn',
  negativePrompt: undefined,
  // Smaller than what people may ask for: it is painted in the same way.
  size: 128,
  steps: 3,
  cfg: undefined,
  sampler: undefined,
  model: undefined,
  style: undefined,
  seed: 9,
  input: undefined,
};
const signal = new AbortController().signal;

/** An update, its image by a digest. */
const digestOf = (update: Update) =>
  'image' in update
    ? { ...update, image: { ...update.image, bytes: createHash('sha256').update(update.image.bytes).digest('hex') } }
    : update;

async function updatesOf(asked: GenerateRequest): Promise<Update[]> {
  const updates: Update[] = [];
  for await (const update of provider.generate(asked, { signal })) updates.push(update);
  return updates;
}

describe('SketchProvider', () => {
  it('says progress, then preview, for every step, and one picture at the end', async () => {
    const updates = await updatesOf(request);
    expect(updates.map(({ type }) => type)).toEqual([
      ...Array.from({ length: 3 }, () => ['progress', 'preview']).flat(),
      'image',
    ]);
    expect(
      updates
        .filter(({ type }) => type === 'progress')
        .map((update) => ('percent' in update ? Math.round(update.percent) : 0)),
    ).toEqual([33, 67, 100]);
  });

  it('gives the same bytes for the same request and writes its parameters into the picture', async () => {
    const [first, again] = [await updatesOf(request), await updatesOf(request)];
    expect(again.map(digestOf)).toEqual(first.map(digestOf));
    const last = first.at(-1);
    const png = last?.type === 'image' ? last.image.bytes : new Uint8Array();
    expect(readPngText(png)['parameters']).toMatch(
      /^a boat at dawn\nSteps: 3, Sampler: sketch, Seed: 9, Size: 128x128, Model: sketch,/,
    );
  });

  it('takes at least `stepMs` for a step', async () => {
    const started = performance.now();
    let previews = 0;
    for await (const { type } of slow.generate({ ...request, steps: 5 }, { signal }))
      if (type === 'preview' && ++previews === 3) break;
    expect(performance.now() - started).toBeGreaterThanOrEqual(145);
  });

  it('stops promptly with the reason of its signal', async () => {
    const stop = new AbortController();
    const updates = stepped.generate({ ...request, steps: 50 }, { signal: stop.signal })[Symbol.asyncIterator]();
    steps.allow(1);
    for (const type of ['progress', 'preview']) expect((await updates.next()).value).toMatchObject({ type });
    const next = updates.next();
    // Its next step is not permitted: only the signal ends the wait.
    stop.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
  });
});

describe('parseSketchConfig', () => {
  it('has defaults, and reads its options', () => {
    expect(parseSketchConfig(new URL('sketch:'))).toMatchObject({ stepMs: 300, concurrency: 2 });
    expect(parseSketchConfig(new URL('sketch:?stepMs=0&concurrency=16'))).toMatchObject({
      name: 'sketch',
      stepMs: 0,
      concurrency: 16,
    });
  });

  it.each([
    ['sketch:?stepMs=fast', 'stepMs must be a whole number of milliseconds from 0 to 10000, got "fast"'],
    ['sketch:?stepMs=10001', 'stepMs must be'],
    ['sketch:?stepMs=', 'stepMs must be'],
    ['sketch:?concurrency=0', 'concurrency must be a whole number from 1 to 64, got "0"'],
    ['sketch:?concurrency=1.5', 'concurrency must be'],
    ['sketch:?pace=1', 'unknown option "pace"; it knows name, concurrency, timeoutMs, at, stepMs'],
    ['sketch:?stepMs=1&stepMs=2', '"stepMs" is given twice'],
    ['sketch:fast', 'expected only options after "sketch:"'],
    ['forge:', 'expected a URL that begins with "sketch:"'],
  ])('refuses %s in one clear line', (url, message) => {
    expect(() => parseSketchConfig(new URL(url))).toThrow(message);
  });
});
