import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, it, onTestFinished } from 'vitest';
import { costlyJpeg } from '../testing/costly-jpeg.ts';
import { eventually, eventuallyEqual } from '../testing/eventually.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import type { DecodeRequest } from './decoder-wire.ts';
import { DECODE_COST, ImageDecoder, type ImageDecoderOptions } from './image-decoder.ts';

const REQUEST: DecodeRequest = { width: 2_048, height: 2_048, fit: 'inside', maxPixels: 50_000_000 };
const MIB = 1024 * 1024;
/** Without a limit it takes half an hour: each 75 of its 15 million bytes ask for a pass over 48 megapixels. */
const ENDLESS = costlyJpeg({ width: 8_000, height: 6_000, scans: 200_000 });

function setUp(options: Partial<ImageDecoderOptions> = {}) {
  const clock = new FakeClock();
  const crashes: string[] = [];
  const decoder = new ImageDecoder({ clock, onCrash: (how) => crashes.push(how), ...options });
  onTestFinished(() => decoder.close());
  return { clock, crashes, decoder, decode: (image: Uint8Array) => decoder.decode(image, REQUEST) };
}

const plain = (width = 30, height = 20) => sharp({ create: { width, height, channels: 3, background: 'red' } });
const png = await plain().png().toBuffer();
const FOREIGN = {
  SVG: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
  'SVG that looks like WebP': Buffer.from(
    '<!--abcdWEBP--><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
  ),
  GIF: await plain().gif().toBuffer(),
  TIFF: await plain().tiff().toBuffer(),
  AVIF: await plain(64, 64).avif().toBuffer(),
  PDF: Buffer.from('%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF'),
  PPM: Buffer.from('P6 1 1 255\nabc'),
  'Radiance HDR': Buffer.from('#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 1 +X 1\n....'),
  'libvips’ own format': Buffer.concat([Buffer.from('b6a6f208', 'hex'), Buffer.alloc(100)]),
  'the address of a file': Buffer.from('/etc/passwd'),
};

describe('ImageDecoder', () => {
  it.each(['png', 'jpeg', 'webp'] as const)('decodes %s', async (format) => {
    const { decode } = setUp();
    const decoded = await decode(await plain().toFormat(format).toBuffer());
    expect(decoded).toMatchObject({ ok: true, width: 30, height: 20 });
    expect(decoded.ok && (await sharp(decoded.png).metadata()).format).toBe('png');
  });

  it('has no loader for anything else, though libvips has', async () => {
    const { decode, crashes } = setUp();
    for (const what of ['SVG', 'GIF', 'TIFF', 'AVIF'] as const)
      expect(await sharp(FOREIGN[what]).metadata()).toMatchObject({ width: expect.any(Number) });
    for (const [what, bytes] of Object.entries(FOREIGN))
      expect([what, await decode(bytes)]).toEqual([
        what,
        { ok: false, reason: 'unreadable', detail: expect.stringMatching(/unsupported image format/) },
      ]);
    expect(crashes).toEqual([]);
  });

  it('ends the decoding of an image at its limit of CPU time, and decodes the next one', async () => {
    const { decode, crashes } = setUp({ cost: { ...DECODE_COST, cpuMs: 300 } });
    expect(await decode(ENDLESS)).toEqual({
      ok: false,
      reason: 'too-costly',
      detail: 'the limit of CPU time or memory is reached',
    });
    expect(await decode(png)).toMatchObject({ ok: true });
    expect(crashes).toEqual([]);
  });

  it('ends the decoding of an image at its limit of memory, and decodes the next one', async () => {
    const { decode } = setUp({ cost: { ...DECODE_COST, memoryBytes: 150 * MIB } });
    // The coefficients of its three components take 288 MB.
    const huge = costlyJpeg({ width: 8_000, height: 6_000, scans: 1, components: 3 });
    expect(huge.length).toBeLessThan(MIB);
    expect(await decode(huge)).toMatchObject({ ok: false, reason: 'too-costly' });
    expect(await decode(png)).toMatchObject({ ok: true });
  });

  it('ends the decoding of an image that takes too long though it costs little', async () => {
    const { clock, decode, decoder } = setUp();
    await decode(png);
    const [pid] = decoder.pids;
    if (pid === undefined) throw new Error('there is no process');
    process.kill(pid, 'SIGSTOP');
    const decoded = decode(png);
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(60_000);
    expect(await decoded).toMatchObject({ ok: false, reason: 'too-costly' });
    expect(await decode(png)).toMatchObject({ ok: true });
  });

  it('survives a decoder that crashes, and reports it', async () => {
    const { crashes, decode, decoder } = setUp();
    await decode(png);
    const decoded = decode(ENDLESS);
    await new Promise((resolve) => setImmediate(resolve));
    for (const pid of decoder.pids) process.kill(pid, 'SIGSEGV');
    expect(await decoded).toEqual({
      ok: false,
      reason: 'unreadable',
      detail: 'the decoding process ended: SIGSEGV',
    });
    expect(crashes).toEqual(['SIGSEGV']);
    expect(await decode(png)).toMatchObject({ ok: true });
  });

  it('keeps a slot free of a client whose images take long', async () => {
    const { decoder } = setUp();
    const stop = new AbortController();
    const entrant = { client: 'hostile', signal: stop.signal };
    const hostile = Promise.allSettled([1, 2, 3, 4].map(() => decoder.decode(ENDLESS, REQUEST, entrant)));
    expect(await decoder.decode(png, REQUEST, { client: 'other' })).toMatchObject({ ok: true });
    stop.abort(new Error('gone'));
    expect(await hostile).toEqual([1, 2, 3, 4].map(() => ({ status: 'rejected', reason: new Error('gone') })));
  });

  it('uses a process for several images, and ends it when it has been idle for 30 s', async () => {
    const { clock, decode, decoder } = setUp();
    expect(decoder.pids).toEqual([]);
    await decode(png);
    const { pids } = decoder;
    expect(pids).toHaveLength(1);
    await decode(png);
    expect(decoder.pids).toEqual(pids);
    clock.advance(30_000);
    await eventually(() => decoder.pids.length === 0);
    expect(await decode(png)).toMatchObject({ ok: true });
  });

  it('uses no process again that an image has left too large', async () => {
    const { decode, decoder } = setUp({ cost: { ...DECODE_COST, keptBytes: 1 } });
    expect(await decode(png)).toMatchObject({ ok: true });
    await eventually(() => decoder.pids.length === 0);
    expect(await decode(png)).toMatchObject({ ok: true });
  });

  it('ends its processes when it closes, and refuses', async () => {
    const { crashes, decode, decoder } = setUp();
    const refused = expect(decode(ENDLESS)).rejects.toThrow('the decoder was closed');
    await eventually(() => decoder.pids.length === 1);
    await decoder.close();
    await refused;
    expect(decoder.pids).toEqual([]);
    await expect(decode(png)).rejects.toThrow('the decoder is closed');
    expect(crashes).toEqual([]);
  });

  it.runIf(process.platform === 'linux')('shows its processes nothing of the environment', async () => {
    const { decode, decoder } = setUp();
    await decode(png);
    const environment = await readFile(`/proc/${decoder.pids[0]}/environ`, 'utf8');
    expect(environment).toMatch(/^(NODE_COMPILE_CACHE=[^\0]*\0)?$/);
  });

  it.runIf(process.platform === 'linux')('yields to the server: memory first, then CPU time', async () => {
    const { decode, decoder } = setUp();
    await decode(png);
    expect(await readYielding(decoder.pids[0])).toEqual({ oomScore: '1000', nice: Math.max(5, getPriority()) });
  });

  it.runIf(process.platform === 'linux')('yields memory where a sandbox forbids the priority', async () => {
    const forbidding = `import os from 'node:os';
      import { syncBuiltinESMExports } from 'node:module';
      os.setPriority = () => { throw new Error('EPERM'); };
      syncBuiltinESMExports();`;
    const program = fileURLToPath(new URL('decode-images.ts', import.meta.url));
    const args = ['--import', `data:text/javascript,${encodeURIComponent(forbidding)}`, program, '1000', String(MIB)];
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'ignore', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    await eventuallyEqual(() => readYielding(child.pid), { oomScore: '1000', nice: getPriority() });
  });
});

/** What a process has given up: its share of memory when that runs out, and of CPU time. */
async function readYielding(pid: number | undefined) {
  if (pid === undefined) throw new Error('there is no process');
  return { oomScore: (await readFile(`/proc/${pid}/oom_score_adj`, 'utf8')).trim(), nice: getPriority(pid) };
}
