import { withPngText } from '@darkroom/painter';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { PREVIEW_BOUNDS, RESULT_BOUNDS } from '../image-files/image-bounds.ts';
import { JPEG, PNG } from '../testing/manual-provider.ts';
import { acceptImage } from './accept-image.ts';

const KEEP = { bounds: RESULT_BOUNDS, keepMetadata: true };

/** A PNG of these edges, of one bit a pixel. */
const blank = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: 'white' } })
    .png({ palette: true, colours: 2 })
    .toBuffer();

describe('acceptImage', () => {
  it('takes the type from the bytes, whatever the backend says', () => {
    expect(acceptImage(PNG, KEEP)).toEqual(PNG);
    expect(acceptImage({ bytes: JPEG.bytes, type: 'image/png' }, KEEP)).toEqual(JPEG);
  });

  it.each([
    ['HTML', Buffer.from('<!doctype html><script>alert(1)</script>')],
    ['SVG', Buffer.from('<!--abcdWEBP--><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')],
    ['nothing', Buffer.alloc(0)],
  ])('refuses %s', (_what, bytes) => {
    expect(() => acceptImage({ bytes, type: 'image/png' }, KEEP)).toThrow(
      expect.objectContaining({ code: 'SERVER_ERROR', retries: 0, mayStillRun: true }),
    );
  });

  it('refuses files of more bytes than the bounds', () => {
    const large = (bytes: number) => Buffer.concat([PNG.bytes, Buffer.alloc(bytes - PNG.bytes.length)]);
    const preview = { bounds: PREVIEW_BOUNDS, keepMetadata: true };
    const fits = large(PREVIEW_BOUNDS.bytes);
    expect(acceptImage({ bytes: fits, type: 'image/png' }, preview).bytes).toBe(fits);
    const over = { bytes: large(PREVIEW_BOUNDS.bytes + 1), type: 'image/png' } as const;
    expect(() => acceptImage(over, preview)).toThrow('The backend’s image is too large.');
    expect(acceptImage(over, KEEP).bytes).toBe(over.bytes);
  });

  it('refuses images of more pixels than the bounds', async () => {
    const bounds = { bytes: 1_000_000, pixels: 600 };
    const accept = (bytes: Buffer) => acceptImage({ bytes, type: 'image/png' }, { bounds, keepMetadata: true });
    expect(accept(await blank(30, 20))).toMatchObject({ type: 'image/png' });
    const over = await blank(30, 21);
    expect(() => accept(over)).toThrow('The backend’s image has too many pixels.');
  });

  it('keeps metadata, or removes it and refuses a file that is damaged', async () => {
    const bytes = withPngText(await blank(30, 20), { prompt: 'a secret' });
    expect(acceptImage({ bytes, type: 'image/png' }, KEEP).bytes).toBe(bytes);
    const strip = { ...KEEP, keepMetadata: false };
    const stripped = acceptImage({ bytes, type: 'image/png' }, strip);
    expect(Buffer.from(stripped.bytes).includes('secret')).toBe(false);
    expect(() => acceptImage({ bytes: bytes.subarray(0, 80), type: 'image/png' }, strip)).toThrow(
      'The backend’s image is damaged.',
    );
  });
});
