import { readPngText } from '@darkroom/painter';
import { JobResponse } from '@darkroom/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { getSnapshot, isAt, postJob, postJson, startManual, untilLog } from '../../testing/api.ts';
import { JPEG, PNG } from '../../testing/manual-provider.ts';
import { startDarkroom } from '../../testing/test-darkroom.ts';

const HEADERS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
};

async function read(url: string) {
  const answer = await fetch(url);
  expect(answer.status).toBe(200);
  return { headers: Object.fromEntries(answer.headers), bytes: Buffer.from(await answer.arrayBuffer()) };
}

describe('Images of jobs', () => {
  it('[R4] are sent with the type of their bytes, as files that a browser does not run', async () => {
    const { url, provider } = await startManual();
    const { id } = await postJob(url);
    const run = await provider.nextRun();
    await run.step(1, { bytes: JPEG.bytes, type: 'image/png' });
    await run.say({ type: 'image', image: { bytes: PNG.bytes, type: 'image/webp' } });
    run.end();
    await untilLog(url, id, isAt('completed'));
    const { job, events } = await getSnapshot(url, id, '?after=0');
    const previewUrl = events.find((event) => event.previewUrl !== undefined)?.previewUrl;
    const preview = await read(`${url}${previewUrl}`);
    const result = await read(`${url}${job.resultUrls?.[0]}`);
    expect(preview).toMatchObject({ bytes: JPEG.bytes, headers: { ...HEADERS, 'content-type': 'image/jpeg' } });
    expect(result).toMatchObject({ bytes: PNG.bytes, headers: { ...HEADERS, 'content-type': 'image/png' } });
    expect(result.headers['content-disposition']).toMatch(/^inline; filename="darkroom-[\w-]+\.png"$/);
  });

  it('[R4] that are none fail their job, and are not kept', async () => {
    const { url, provider } = await startManual();
    const { id } = await postJob(url);
    const run = await provider.nextRun();
    const html = Buffer.from('<!doctype html><script>alert(1)</script>');
    void run.say({ type: 'image', image: { bytes: html, type: 'image/png' } });
    run.end();
    await untilLog(url, id, isAt('failed'));
    const { job } = await getSnapshot(url, id);
    expect(job.error).toMatchObject({
      code: 'SERVER_ERROR',
      message: 'The backend’s image is not a PNG, JPEG or WebP image.',
    });
    expect(job.resultUrls).toBeUndefined();
  });

  it.each([
    ['true', { parameters: expect.stringContaining('a lighthouse') }],
    ['false', {}],
  ])('carry prompt and parameters as KEEP_METADATA=%s says', async (KEEP_METADATA, texts) => {
    const { url, stop } = await startDarkroom({ PROVIDERS: 'sketch:?stepMs=0', KEEP_METADATA });
    onTestFinished(() => stop());
    const body = { prompt: 'a lighthouse', options: { steps: 5, size: '512' } };
    const { job } = JobResponse.parse(await (await postJson(`${url}/api/jobs`, body)).json());
    await untilLog(url, job.id, isAt('completed'));
    const { resultUrls } = (await getSnapshot(url, job.id)).job;
    expect(readPngText((await read(`${url}${resultUrls?.[0]}`)).bytes)).toEqual(texts);
  });
});
