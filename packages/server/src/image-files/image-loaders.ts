import sharp from 'sharp';

/** The only loaders of libvips that this product ever needs, each from memory. */
const LOADERS = {
  jpeg: 'VipsForeignLoadJpegBuffer',
  png: 'VipsForeignLoadPngBuffer',
  webp: 'VipsForeignLoadWebpBuffer',
  svg: 'VipsForeignLoadSvgBuffer',
} as const;

/**
 * Lets this process load images of these formats only, for as long as it lives, whatever bytes it is shown: libvips would
 * otherwise choose among two dozen loaders by the content, files and URLs included. Pixels in memory need no loader.
 */
export function allowOnlyLoaders(formats: readonly (keyof typeof LOADERS)[]): void {
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: formats.map((format) => LOADERS[format]) });
}
