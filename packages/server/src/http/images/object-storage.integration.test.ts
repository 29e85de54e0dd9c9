import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { expectError, getSnapshot, postJob, startManual } from '../../testing/api.ts';
import { eventually } from '../../testing/eventually.ts';
import { JPEG, PNG } from '../../testing/manual-provider.ts';
import { S3_KEYS } from '../../testing/s3-server.ts';
import { tempFolder } from '../../testing/temp-folder.ts';
import { useS3Server } from '../../testing/use-s3-server.ts';

const s3 = useS3Server();

async function untilCompleted(url: string, jobId: string) {
  await eventually(async () => ['completed', 'failed'].includes((await getSnapshot(url, jobId)).job.status));
  return (await getSnapshot(url, jobId)).job;
}

/** A server whose one job is done; the addresses of its pictures. */
async function makePicture(environment: Readonly<Record<string, string | undefined>>) {
  const { url, provider } = await startManual(environment);
  const { id } = await postJob(url);
  const run = await provider.nextRun();
  await run.step(1, JPEG);
  await run.finish();
  const job = await untilCompleted(url, id);
  return { url, id, path: job.resultUrls?.[0] ?? '', previewPath: job.previewUrl ?? '' };
}

const policyOf = async (url: string) => (await fetch(url)).headers.get('content-security-policy');

describe('Pictures in an object storage, sent by the server', () => {
  it('[R4] are the same bytes, immutable, as from a disk', async () => {
    const { url, path, previewPath } = await makePicture(await s3().settings('&prefix=darkroom'));
    const response = await fetch(url + path);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/png',
      'cache-control': 'public, max-age=31536000, immutable',
      etag: `"${path.slice(path.lastIndexOf('/') + 1)}"`,
    });
    expect(Buffer.compare(Buffer.from(await response.arrayBuffer()), Buffer.from(PNG.bytes))).toBe(0);
    expect((await fetch(url + previewPath)).headers.get('content-type')).toBe('image/jpeg');
    await expectError(await fetch(`${url}${path.replace(/\/1-/, '/2-')}`), 'NOT_FOUND');
    expect(await policyOf(url)).toContain("img-src 'self' data: blob:;");
  });

  it('[R7] uploads are kept there too', async () => {
    const { url } = await startManual(await s3().settings());
    const body = Buffer.from(PNG.bytes);
    const sent = await fetch(`${url}/api/uploads`, { method: 'POST', headers: { 'content-type': 'image/png' }, body });
    expect(sent.status).toBe(201);
    const upload = await fetch(url + sent.headers.get('location'));
    expect(upload.headers.get('content-type')).toBe('image/png');
  });

  it('[J5] a storage that is gone while a picture is made delays it, and loses nothing', async () => {
    const { url, provider } = await startManual(await s3().settings());
    const { id } = await postJob(url);
    const run = await provider.nextRun();
    await run.step(1, JPEG);
    await s3().pause();
    void run.step(2, JPEG);
    void run.finish();
    const health = await fetch(`${url}/api/health`);
    expect(health.status).toBe(503);
    expect(await health.json()).toMatchObject({
      storage: { ok: false, message: 'The image storage does not answer.' },
    });
    expect((await getSnapshot(url, id)).job.status).not.toBe('failed');
    await s3().resume();
    const job = await untilCompleted(url, id);
    expect(job).toMatchObject({ status: 'completed', attempt: 1 });
    expect((await fetch(`${url}${job.resultUrls?.[0]}`)).status).toBe(200);
  });
});

describe('Pictures in an object storage, fetched there by readers', () => {
  it('[R4] are answered with an address that works for a while, the same for everybody', async () => {
    const { url, path, id } = await makePicture(await s3().settings('&delivery=redirect'));
    const answer = await fetch(url + path, { redirect: 'manual' });
    expect(answer.status).toBe(302);
    expect(answer.headers.get('cache-control')).toBe('private, max-age=900');
    expect(answer.headers.get('cross-origin-resource-policy')).toBe('same-origin');
    const address = new URL(answer.headers.get('location') ?? '');
    expect(address.origin).toBe(s3().endpoint);
    expect(address.href).not.toContain(`${S3_KEYS.secretAccessKey}&`);
    const picture = await fetch(address);
    expect(picture.status).toBe(200);
    expect(Object.fromEntries(picture.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-disposition': `inline; filename="darkroom-${id.slice(0, 8)}-${path.slice(path.lastIndexOf('/') + 1)}"`,
    });
    expect(Buffer.compare(Buffer.from(await picture.arrayBuffer()), Buffer.from(PNG.bytes))).toBe(0);
    const download = await fetch(`${url}${path}?download`);
    expect(download.headers.get('content-disposition')).toMatch(/^attachment;/);
    const forged = new URL(address);
    forged.pathname = forged.pathname.replace(id, 'b'.repeat(22));
    expect((await fetch(forged)).status).toBe(403);
  });

  it('[W10] pages may show pictures from there, and from nowhere else', async () => {
    const { url } = await startManual(await s3().settings('&delivery=redirect'));
    expect(await policyOf(url)).toContain(`img-src 'self' data: blob: ${s3().endpoint};`);
  });

  it('browsers are sent to the address that is theirs', async () => {
    const options = '&delivery=redirect&publicEndpoint=https://pictures.example';
    const { url, path } = await makePicture(await s3().settings(options));
    const answer = await fetch(url + path, { redirect: 'manual' });
    expect(new URL(answer.headers.get('location') ?? '').origin).toBe('https://pictures.example');
    expect(await policyOf(url)).toContain("img-src 'self' data: blob: https://pictures.example;");
  });

  it('names that are none of ours are not signed', async () => {
    const { url, id } = await makePicture(await s3().settings('&delivery=redirect'));
    await expectError(await fetch(`${url}/api/jobs/${id}/images/..%2F..%2Fsecret.png`), 'NOT_FOUND');
  });
});

describe('Pictures in a folder that IMAGES_URL names', () => {
  it('[R4] two servers share them', async () => {
    const folder = join(await tempFolder(), 'shared pictures');
    const settings = { IMAGES_URL: pathToFileURL(folder).href };
    const { path } = await makePicture(settings);
    const other = await startManual(settings);
    expect((await fetch(other.url + path)).status).toBe(200);
  });
});
