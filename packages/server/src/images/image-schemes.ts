import { fileURLToPath } from 'node:url';
import { type Config, ConfigError } from '../config.ts';
import type { Images } from '../images.ts';

/** Makes the image storage that the setting `name` names; only what is configured is loaded. Throws a `ConfigError`. */
export async function openImages(url: URL, { awsKeys }: Pick<Config, 'awsKeys'>, name = 'IMAGES_URL'): Promise<Images> {
  try {
    switch (url.protocol) {
      case 's3:': {
        const { parseS3ImagesUrl } = await import('./s3/s3-images-config.ts');
        const { S3Images } = await import('./s3/s3-images.ts');
        return await S3Images.open(parseS3ImagesUrl(url), awsKeys);
      }
      case 'file:': {
        const { DiskImages } = await import('./disk/disk-images.ts');
        return new DiskImages(folderOf(url));
      }
      default:
        throw new Error(`unknown scheme "${url.protocol}"; known: s3:, file:`);
    }
  } catch (thrown) {
    throw new ConfigError(`${name}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
}

function folderOf(url: URL): string {
  if (url.host !== '' || url.search + url.hash !== '')
    throw new Error('a folder is written file:///path, without options');
  return fileURLToPath(url);
}
