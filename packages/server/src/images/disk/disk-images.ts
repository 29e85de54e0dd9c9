import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import type { ImageKey, Images } from '../../images.ts';
import type { EncodedImage, ImageType } from '../../provider.ts';
import { toStorageError } from '../../storage-error.ts';

const TYPES: Readonly<Record<string, ImageType>> = { '.jpg': 'image/jpeg', '.png': 'image/png', '.webp': 'image/webp' };

const isMissing = (thrown: unknown) =>
  thrown instanceof Error && 'code' in thrown && (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR');

/**
 * Pictures as files: `<folder>/<first two of the id>/<id>/<kind>/<name>`. Synced before anyone
 * hears of them: a name is told only after its `put`, and holds a digest of the bytes, so nobody reads half a picture.
 */
export class DiskImages implements Images {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async put(key: ImageKey, image: EncodedImage): Promise<void> {
    const path = this.#path(key);
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, image.bytes, { flush: true });
    } catch (thrown) {
      await rm(path, { force: true }).catch(() => {});
      throw toStorageError('cannot store the picture', thrown);
    }
  }

  async get(key: ImageKey): Promise<EncodedImage | undefined> {
    const type = TYPES[extname(key.name)];
    if (type === undefined) return undefined;
    try {
      return { bytes: await readFile(this.#path(key)), type };
    } catch (thrown) {
      if (isMissing(thrown)) return undefined;
      throw toStorageError('cannot read the picture', thrown);
    }
  }

  async deleteJob(jobId: string): Promise<void> {
    try {
      await rm(this.#jobFolder(jobId), { recursive: true, force: true });
    } catch (thrown) {
      throw toStorageError('cannot delete the pictures', thrown);
    }
  }

  async check(): Promise<void> {
    const path = join(this.#folder, '.check');
    try {
      await mkdir(this.#folder, { recursive: true });
      await writeFile(path, 'ok');
      await rm(path);
    } catch (thrown) {
      throw toStorageError('cannot store pictures', thrown);
    }
  }

  async close(): Promise<void> {}

  #jobFolder(jobId: string): string {
    return join(this.#folder, jobId.slice(0, 2), jobId);
  }

  #path({ jobId, kind, name }: ImageKey): string {
    return join(this.#jobFolder(jobId), kind, name);
  }
}
