import sharp from 'sharp';
import { composeAbstract } from './abstract/compose-abstract.ts';
import { toSvg } from './canvas/svg.ts';
import { readPrompt } from './read-prompt.ts';
import { composeScene } from './scene/compose-scene.ts';
import { isAbstract, type SceneDescription } from './scene-description.ts';
import { type Raster, rasterise } from './styles/raster.ts';
import { STYLE_RECIPES } from './styles/styles.ts';
import { captionStrip } from './text/caption-strip.ts';
import { readStyle } from './vocabulary/lexicon.ts';
import type { StyleName } from './vocabulary/styles.ts';

/** What decides a picture, wholly: the same order gives the same bytes. */
export interface PictureOrder {
  readonly prompt: string;
  readonly seed: number;
  /** Edge in pixels: 512, 768 or 1024. */
  readonly size: number;
  /** A style's name; unknown or missing: the prompt decides. */
  readonly style?: string | undefined;
}

/** The scene and style an order comes to. */
export function describe({ prompt, style }: PictureOrder): SceneDescription & { readonly style: StyleName } {
  const scene = readPrompt(prompt);
  return { ...scene, style: (style ? readStyle(style) : undefined) ?? scene.style ?? 'flat' };
}

/** The caption laid over the finished surface. */
async function withCaption(picture: Raster, svg: string | undefined): Promise<Raster> {
  if (!svg) return picture;
  const { size } = picture;
  const base = sharp(Buffer.from(picture.data.buffer, picture.data.byteOffset, picture.data.byteLength), {
    raw: { width: size, height: size, channels: 3 },
  });
  const pixels = await base
    .composite([{ input: Buffer.from(svg) }])
    .removeAlpha()
    .raw()
    .toBuffer();
  return { size, data: new Uint8ClampedArray(pixels.buffer, pixels.byteOffset, pixels.byteLength) };
}

/** Paints a picture. Heavy: it belongs in a worker thread. */
export async function paintPicture(order: PictureOrder): Promise<Raster> {
  const { prompt, size } = order;
  const scene = describe(order);
  const seed = `${prompt}\n${order.seed}`;
  const drawn = isAbstract(scene) ? composeAbstract(scene, prompt, seed) : composeScene(scene, seed);
  const style = STYLE_RECIPES[scene.style];
  const colour = await rasterise(toSvg(drawn, size), size);
  const lines = style.manner ? await rasterise(toSvg(drawn, size, style.manner(size)), size) : colour;
  return await withCaption(style.finish({ colour, lines, seed }), captionStrip(prompt, style.caption, size));
}
