import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { JobResponse, LIMITS, UploadResponse } from '@darkroom/protocol';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { DECODE_COST } from '../../image-files/image-decoder.ts';
import { expectError, getSnapshot, postJson, startManual } from '../../testing/api.ts';
import { costlyJpeg } from '../../testing/costly-jpeg.ts';
import { eventually } from '../../testing/eventually.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { createManualProvider } from '../../testing/manual-provider.ts';
import { readFigures } from '../../testing/metrics-reader.ts';
import { pngChunk } from '../../testing/png-chunk.ts';
import { openRaw, requestHead } from '../../testing/raw-connection.ts';

type Format = 'png' | 'jpeg' | 'webp';

const picture = (width: number, height: number, format: Format = 'png') =>
  sharp({ create: { width, height, channels: 3, background: '#c40' } })
    [format]()
    .toBuffer();

const post = (url: string, body: Uint8Array | string, type = 'image/png') =>
  fetch(`${url}/api/uploads`, { method: 'POST', body: Buffer.from(body), headers: { 'content-type': type } });

async function upload(url: string, body: Uint8Array, type?: string) {
  const response = await post(url, body, type);
  expect(response.status).toBe(201);
  return UploadResponse.parse(await response.json()).upload;
}

const download = async (url: string) => Buffer.from(await (await fetch(url)).arrayBuffer());

/** A small file that says it is as large as it likes. */
function bomb(edge: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(edge, 0);
  header.writeUInt32BE(edge, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = deflateSync(Buffer.alloc(100_000));
  return Buffer.concat([
    signature,
    pngChunk('IHDR', header),
    pngChunk('IDAT', data),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Processes that keep this one alive: a decoding process does so while it decodes. */
const countBusyProcesses = () => process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap').length;

/** A JPEG of 15 MB that takes half an hour to decode, without a limit. */
const ENDLESS = costlyJpeg({ width: 8_000, height: 6_000, scans: 200_000 });

describe('POST /api/uploads', () => {
  it.each<[Format, string]>([
    ['png', 'image/png'],
    ['jpeg', 'image/jpeg'],
    ['webp', 'image/webp'],
    ['png', 'application/octet-stream'],
  ])('[R7] takes a %s sent as %s and gives it back as PNG', async (format, type) => {
    const { url } = await startManual();
    const sentAt = Date.now();
    const sent = await upload(url, await picture(60, 40, format), type);
    expect(sent).toMatchObject({ width: 60, height: 40 });
    expect(sent.url).toMatch(/^\/api\/uploads\/[\w-]{30}$/);
    expect(Date.parse(sent.expiresAt)).toBeGreaterThanOrEqual(sentAt + LIMITS.uploadTtlMs);
    const answer = await fetch(url + sent.url);
    expect(answer.headers.get('content-type')).toBe('image/png');
    expect(await sharp(Buffer.from(await answer.arrayBuffer())).metadata()).toMatchObject({
      format: 'png',
      width: 60,
      height: 40,
    });
  });

  it('[R7] turns it upright and drops its metadata', async () => {
    const { url } = await startManual();
    const exif = { IFD0: { Copyright: 'somebody', Orientation: '6' }, IFD3: { GPSLatitude: '52/1 30/1 0/1' } };
    const photo = await sharp(await picture(80, 40, 'jpeg'))
      .withExif(exif)
      .withMetadata({ orientation: 6 })
      .toBuffer();
    expect((await sharp(photo).metadata()).exif).toBeDefined();
    const sent = await upload(url, photo, 'image/jpeg');
    expect(sent).toMatchObject({ width: 40, height: 80 });
    const kept = await download(url + sent.url);
    const metadata = await sharp(kept).metadata();
    expect([metadata.exif, metadata.icc, metadata.xmp, metadata.orientation]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(kept.includes('somebody')).toBe(false);
  });

  it('[R7] makes smaller what is larger than it keeps', async () => {
    const { url } = await startManual();
    expect(await upload(url, await picture(4_096, 1_024))).toMatchObject({ width: LIMITS.uploadEdge, height: 512 });
  });

  it.each([
    ['garbage', 'this is no picture at all', 'image/png'],
    ['nothing', '', 'image/png'],
    ['an SVG', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', 'image/png'],
    [
      'an SVG that says WEBP',
      '<!--abcdWEBP--><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
      'image/webp',
    ],
    ['JSON', '{}', 'application/json'],
    ['text', 'x', 'text/plain'],
  ] as const)('[R7][R6] refuses %s', async (_what, body, type) => {
    const { url } = await startManual();
    const response = await post(url, body, type);
    expect(response.status).toBe(415);
    expect(await response.json()).toMatchObject({ error: { code: 'UNSUPPORTED_IMAGE', retryable: false } });
  });

  it('[R7] refuses a file that is cut short, and one of more pixels than it decodes', async () => {
    const { url, dataDir } = await startManual();
    const cut = (await picture(300, 300)).subarray(0, 200);
    await expectError(await post(url, cut), 'UNSUPPORTED_IMAGE', 'body');
    const error = await expectError(await post(url, bomb(60_000)), 'TOO_LARGE', 'body');
    expect(error).toMatchObject({ status: 413, message: 'The picture must have at most 50 megapixels.' });
    expect(await readdir(join(dataDir, 'images', 'uploads')).catch(() => [])).toEqual([]);
  });

  it('[R7][R6] refuses an image that costs too much to decode', async () => {
    const { url } = await startManual({}, { decodeCost: { ...DECODE_COST, cpuMs: 300 } });
    const response = await post(url, ENDLESS, 'image/jpeg');
    const { status, message } = await expectError(response, 'TOO_LARGE', 'body');
    expect([status, message]).toEqual([413, expect.stringContaining('too much time or memory')]);
    expect(await upload(url, await picture(6, 4))).toMatchObject({ width: 6 });
  });

  it('[R7] decodes nothing for a client that is gone, and keeps its turn for the next', async () => {
    const { url } = await startManual({}, { decodeCost: { ...DECODE_COST, cpuMs: 3_600_000 } });
    const gone = new AbortController();
    const headers = { 'content-type': 'image/jpeg' };
    const send = () => fetch(`${url}/api/uploads`, { method: 'POST', body: ENDLESS, signal: gone.signal, headers });
    const idle = countBusyProcesses();
    const abandoned = Promise.allSettled([send(), send(), send()]);
    await eventually(() => countBusyProcesses() > idle);
    gone.abort();
    expect((await abandoned).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    // One address has one slot: the upload would wait for half an hour.
    expect(await upload(url, await picture(6, 4))).toMatchObject({ width: 6 });
  });

  it('[R7] takes 20 MiB and no more; every other address keeps its small bound', async () => {
    const { url } = await startManual();
    const large = Buffer.alloc(LIMITS.uploadBytes + 1);
    const error = await expectError(await post(url, large), 'TOO_LARGE', 'body');
    expect(error.message).toBe(`The picture must be at most ${LIMITS.uploadBytes} bytes.`);
    await expectError(await post(url, large.subarray(1)), 'UNSUPPORTED_IMAGE', 'body');
    await expectError(await postJson(`${url}/api/jobs`, { prompt: 'x'.repeat(70_000) }), 'TOO_LARGE', 'body');
    const png = await fetch(`${url}/api/jobs`, { method: 'POST', body: 'x', headers: { 'content-type': 'image/png' } });
    await expectError(png, 'INVALID_REQUEST', 'Content-Type');
  });

  it('[R7] keeps many that come at once', async () => {
    const { url } = await startManual();
    const bytes = await picture(64, 64);
    const answers = await Promise.all(Array.from({ length: 30 }, () => post(url, bytes)));
    for (const answer of answers) expect([201, 429]).toContain(answer.status);
    expect(answers.filter(({ status }) => status === 201).length).toBeGreaterThan(0);
    expect((await post(url, bytes)).status).toBe(201);
  });

  it('[R7] removes an upload after a day, and knows no other address', async () => {
    const clock = new FakeClock();
    const { url, dataDir } = await startManual({}, { clock });
    const { url: path } = await upload(url, await picture(8, 8));
    clock.advance(LIMITS.uploadTtlMs - 60_000);
    expect((await fetch(url + path)).status).toBe(200);
    clock.advance(60_000);
    await expectError(await fetch(url + path), 'NOT_FOUND');
    await eventually(async () => (await readdir(join(dataDir, 'images', 'uploads'))).length === 0);
    await expectError(await fetch(`${url}/api/uploads/${'a'.repeat(22)}`), 'NOT_FOUND');
    await expectError(await fetch(`${url}/api/uploads/..%2f..%2fdarkroom.sqlite`), 'NOT_FOUND');
  });
});

describe('Uploads that arrive slowly', () => {
  /** Begins an upload from an address, and sends no more of it than a byte. */
  async function begin(url: string, address: string, length: Record<string, string>) {
    const slow = await openRaw(url);
    const headers = { 'Content-Type': 'image/png', 'X-Forwarded-For': address, ...length };
    slow.write(requestHead(url, 'POST /api/uploads', headers));
    slow.write('Content-Length' in length ? 'x' : '1\r\nx\r\n');
    return slow;
  }
  const whole = { 'Content-Length': String(LIMITS.uploadBytes) };
  const [one, two, three] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
  const uploadFrom = async (url: string, address: string) => {
    const headers = { 'content-type': 'image/png', 'x-forwarded-for': address };
    return fetch(`${url}/api/uploads`, { method: 'POST', body: await picture(8, 8), headers });
  };
  const untilReceiving = (url: string, count: number) =>
    eventually(async () => (await readFigures(url, 'http_bodies'))['http_bodies_receiving'] === count);

  it('[R7] keep no others away, not even of the same address', async () => {
    const { url } = await startManual({ TRUST_PROXY: 'true' });
    await Promise.all(Array.from({ length: 40 }, () => begin(url, one, { 'Content-Length': '1000000' })));
    await untilReceiving(url, 40);
    for (const address of [one, two]) expect((await uploadFrom(url, address)).status).toBe(201);
  });

  it.each([
    ['of a length', whole],
    ['of an unknown length', { 'Transfer-Encoding': 'chunked' }],
  ])('[R7] take no more memory than the share of their address (%s)', async (_what, length) => {
    const { url } = await startManual({ TRUST_PROXY: 'true' });
    const [slow] = await Promise.all(Array.from({ length: 3 }, () => begin(url, one, length)));
    await untilReceiving(url, 3);
    const fourth = await begin(url, one, length);
    await eventually(() => fourth.text.includes('\r\n\r\n'));
    expect(fourth.text).toMatch(/^HTTP\/1.1 429 .*retry-after: .*"RATE_LIMITED"/is);
    for (const address of [one, two]) expect((await uploadFrom(url, address)).status).toBe(201);
    fourth.cut();
    slow?.cut();
    await untilReceiving(url, 2);
    const next = await begin(url, one, length);
    await untilReceiving(url, 3);
    expect(next.text).toBe('');
  });

  it('[R7] take no more memory than there is for all of them', async () => {
    const { url } = await startManual({ TRUST_PROXY: 'true' });
    const addresses = Array.from({ length: 12 }, (_none, index) => `10.0.1.${index % 4}`);
    await Promise.all(addresses.map((address) => begin(url, address, whole)));
    await untilReceiving(url, 12);
    const late = await begin(url, three, whole);
    await eventually(() => late.text.startsWith('HTTP/1.1 429 '));
    expect((await uploadFrom(url, three)).status).toBe(201);
  });
});

describe('A job that begins with a picture', () => {
  const create = (url: string, options: object, headers = {}) =>
    postJson(`${url}/api/jobs`, { prompt: 'a cat', options }, headers);
  const jobOf = async (response: Response) => JobResponse.parse(await response.json()).job;

  it('[R7] gets a square copy of its own, which outlives the upload and is what the provider is given', async () => {
    const clock = new FakeClock();
    const { url, provider } = await startManual({}, { clock });
    const { url: image } = await upload(url, await picture(90, 60, 'jpeg'), 'image/jpeg');
    const job = await jobOf(await create(url, { image, size: '768' }));
    expect(job.options?.image).toMatch(new RegExp(`^/api/jobs/${job.id}/inputs/1-[0-9a-f]{12}\\.png$`));
    const { request } = await provider.nextRun();
    expect(request.input).toMatchObject({ strength: LIMITS.defaultStrength, image: { type: 'image/png' } });
    const given = await sharp(request.input?.image.bytes).metadata();
    expect([given.width, given.height]).toEqual([768, 768]);
    clock.advance(2 * LIMITS.uploadTtlMs);
    const answer = await fetch(url + job.options?.image);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toContain('immutable');
  });

  it('[R7] may begin with a picture of another job, and be given how far it may leave it', async () => {
    const { url, provider } = await startManual();
    const first = await jobOf(await create(url, {}));
    await (await provider.nextRun()).finish();
    await eventually(async () => (await getSnapshot(url, first.id)).job.status === 'completed');
    const [image] = (await getSnapshot(url, first.id)).job.resultUrls ?? [];
    const second = await jobOf(await create(url, { image, strength: 0.25 }));
    expect((await provider.nextRun()).request.input?.strength).toBe(0.25);
    const third = await jobOf(await create(url, { image: second.options?.image }));
    expect(third.options?.image).not.toBe(second.options?.image);
  });

  it('[R7] is refused with the field if its picture is not there', async () => {
    const { url } = await startManual();
    await expectError(await create(url, { image: `/api/uploads/${'a'.repeat(22)}` }), 'NOT_FOUND', 'options.image');
    const gone = `/api/jobs/${'a'.repeat(22)}/images/1-0123456789ab.png`;
    await expectError(await create(url, { image: gone }), 'NOT_FOUND', 'options.image');
    await expectError(await create(url, { image: 'https://example.com/a.png' }), 'INVALID_REQUEST', 'options.image');
  });

  it('[R1][R7] repeated with its key finds its job, even when the upload is gone', async () => {
    const clock = new FakeClock();
    const { url, dataDir } = await startManual({}, { clock });
    const { url: image } = await upload(url, await picture(8, 8));
    const key = { 'idempotency-key': 'k' };
    const first = await jobOf(await create(url, { image }, key));
    const twice = await Promise.all([create(url, { image }, key), create(url, { image }, key)]);
    for (const answer of twice) expect((await jobOf(answer)).id).toBe(first.id);
    clock.advance(2 * LIMITS.uploadTtlMs);
    expect((await jobOf(await create(url, { image }, key))).id).toBe(first.id);
    await expectError(
      await create(url, { image: `${image.slice(0, -1)}_` }, key),
      'IDEMPOTENCY_CONFLICT',
      'Idempotency-Key',
    );
    const folders = await readdir(join(dataDir, 'images'), { recursive: true });
    expect(folders.filter((path) => path.includes('inputs') && path.endsWith('.png'))).toHaveLength(1);
  });

  it('[R8] is refused by a backend that cannot begin with one', async () => {
    const provider = createManualProvider({ capabilities: { imageToImage: false } });
    const { url } = await startManual({}, { providers: [provider] });
    const { url: image } = await upload(url, await picture(8, 8));
    const error = await expectError(await create(url, { image }), 'UNSUPPORTED_OPTION', 'options.image');
    expect(error).toMatchObject({ status: 422, message: 'No backend can begin with a picture.' });
  });
});
