import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { isOpen, PRIVATE_FOLDER } from '../../data-folder.ts';
import type { ImageKey, Images } from '../../images.ts';
import type { EncodedImage, ImageType } from '../../provider.ts';
import { toStorageError } from '../../storage-error.ts';

const TYPES: Readonly<Record<string, ImageType>> = { '.jpg': 'image/jpeg', '.png': 'image/png', '.webp': 'image/webp' };

const isMissing = (thrown: unknown) =>
  thrown instanceof Error && 'code' in thrown && (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR');

/**
 * Pictures as files: `<folder>/<first two of the job's id>/<id>/<kind>/<name>`, and `<folder>/uploads/<id>/<name>`. A file
 * gets its name when it is whole and synced, so several processes may share the folder: one that makes a picture once more,
 * since it took the job over, leaves readers of the first nothing half-written. Only the server's user may read them, but
 * where the folder was made for others as well: then they may do with its content what they may do with it.
 */
export class DiskImages implements Images {
  readonly #folder: string;
  /** The folder's mode, once it was asked for. */
  #mode: number | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async put(key: ImageKey, image: EncodedImage): Promise<void> {
    const path = this.#path(key);
    const draft = `${path}.${randomBytes(6).toString('hex')}.part`;
    try {
      await this.#makeFolder(dirname(path));
      await this.#write(draft, image.bytes);
      await rename(draft, path);
    } catch (thrown) {
      await rm(draft, { force: true }).catch(() => {});
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

  deleteJob(jobId: string): Promise<void> {
    return this.#remove(this.#jobFolder(jobId));
  }

  async listUploads(): Promise<readonly string[]> {
    try {
      return await readdir(join(this.#folder, 'uploads'));
    } catch (thrown) {
      if (isMissing(thrown)) return [];
      throw toStorageError('cannot list the uploads', thrown);
    }
  }

  deleteUpload(uploadId: string): Promise<void> {
    return this.#remove(this.#uploadFolder(uploadId));
  }

  async check(): Promise<void> {
    const path = join(this.#folder, '.check');
    try {
      await this.#makeFolder(this.#folder);
      await this.#write(path, 'ok');
      await rm(path, { force: true });
    } catch (thrown) {
      throw toStorageError('cannot store pictures', thrown);
    }
  }

  async close(): Promise<void> {}

  /** The process may keep its files from others in general (umask), so what is meant for them is opened afterwards. */
  async #makeFolder(folder: string): Promise<void> {
    const mode = await this.#readMode();
    const first = await mkdir(folder, { recursive: true, mode });
    if (first === undefined || !isOpen(mode)) return;
    for (let made = folder; made.length >= first.length; made = dirname(made)) await chmod(made, mode);
  }

  async #write(path: string, bytes: Uint8Array | string): Promise<void> {
    const mode = (await this.#readMode()) & 0o666;
    await writeFile(path, bytes, { flush: true, mode });
    if (isOpen(mode)) await chmod(path, mode);
  }

  async #readMode(): Promise<number> {
    if (this.#mode !== undefined) return this.#mode;
    const info = await stat(this.#folder).catch((thrown: unknown) => {
      if (!isMissing(thrown)) throw thrown;
    });
    if (info === undefined || !info.isDirectory()) return PRIVATE_FOLDER;
    this.#mode = (info.mode & 0o2777) | PRIVATE_FOLDER;
    return this.#mode;
  }

  async #remove(folder: string): Promise<void> {
    try {
      await rm(folder, { recursive: true, force: true });
    } catch (thrown) {
      throw toStorageError('cannot delete the pictures', thrown);
    }
  }

  #jobFolder(jobId: string): string {
    return join(this.#folder, jobId.slice(0, 2), jobId);
  }

  /** Job folders begin with two characters, so this name is never one of theirs. */
  #uploadFolder(uploadId: string): string {
    return join(this.#folder, 'uploads', uploadId);
  }

  #path({ ownerId, kind, name }: ImageKey): string {
    return kind === 'uploads' ? join(this.#uploadFolder(ownerId), name) : join(this.#jobFolder(ownerId), kind, name);
  }
}
