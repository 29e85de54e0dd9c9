import { createHash } from 'node:crypto';
import sharp from 'sharp';

/** What a picture is made from: the same words give the same picture. */
export interface PictureSubject {
  readonly prompt: string;
  readonly seed: number;
  /** Width in pixels. */
  readonly width: number;
  readonly height: number;
  /** How far it has come out of the noise, 0–1; default 1. */
  readonly share?: number;
}

export type PictureFormat = 'png' | 'jpeg' | 'webp';

/** Two colours from the words, a soft light between them, and grain that fades as `share` grows. */
export async function paintPicture(subject: PictureSubject, format: PictureFormat): Promise<Buffer> {
  const { prompt, seed, width, height, share = 1 } = subject;
  const digest = createHash('sha256').update(`${seed} ${prompt}`).digest();
  const hue = (digest.readUInt16BE(0) / 65_536) * 360;
  const [cx, cy] = [20 + (digest.readUInt8(2) / 255) * 60, 20 + (digest.readUInt8(3) / 255) * 60];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <defs><radialGradient id="g" cx="${cx}%" cy="${cy}%" r="80%">
      <stop offset="0" stop-color="hsl(${hue} 80% 72%)"/><stop offset="1" stop-color="hsl(${(hue + 140) % 360} 60% 22%)"/>
    </radialGradient></defs>
    <rect width="100%" height="100%" fill="url(#g)"/></svg>`;
  const picture = sharp(Buffer.from(svg)).removeAlpha();
  const sigma = (1 - share) * 90;
  if (sigma < 1) return picture.toFormat(format).toBuffer();
  const grain = await sharp({
    create: { width, height, channels: 3, background: '#808080', noise: { type: 'gaussian', mean: 128, sigma } },
  })
    .png()
    .toBuffer();
  return picture
    .composite([{ input: grain, blend: 'overlay' }])
    .toFormat(format)
    .toBuffer();
}
