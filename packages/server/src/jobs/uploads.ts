import { randomBytes } from 'node:crypto';
import { LIMITS, type UploadResponse } from '@darkroom/protocol';
import type { Clock } from '../clock.ts';
import { type Entrant, Gate } from '../gate.ts';
import type { ImageDecoder } from '../image-files/image-decoder.ts';
import type { Images } from '../images.ts';
import type { EncodedImage } from '../provider.ts';
import { imageUrl, jobImageKey, parseImageUrl, uploadKey } from './image-address.ts';
import { cleanPicture, cropToSquare } from './picture-files.ts';

const TIME_BYTES = 6;
const RANDOM_BYTES = 10;
/** Copies made at once, and for one client: each is held in memory whole. */
const COPIES = { slots: 4, slotsPerClient: 3 };
/** What else lies in the storage is not ours to remove. */
const UPLOAD_ID = /^[\w-]{22}$/;

/** When it was sent, and 80 random bits: 22 characters that tell an upload's age without a record of it. */
function newUploadId(now: number): string {
  const time = Buffer.alloc(TIME_BYTES);
  time.writeUIntBE(now, 0, TIME_BYTES);
  return Buffer.concat([time, randomBytes(RANDOM_BYTES)]).toString('base64url');
}

const sentAt = (uploadId: string) => Buffer.from(uploadId, 'base64url').readUIntBE(0, TIME_BYTES);

/** Pictures that people send for jobs to begin with (rule R7). */
export class Uploads {
  readonly #images: Images;
  readonly #clock: Clock;
  readonly #decoder: ImageDecoder;
  readonly #copies = new Gate(COPIES);

  constructor(images: Images, clock: Clock, decoder: ImageDecoder) {
    this.#images = images;
    this.#clock = clock;
    this.#decoder = decoder;
  }

  /** Decodes and keeps a picture. Throws a `PictureError`, a `StorageError`, or the reason of the entrant's signal. */
  async add(bytes: Uint8Array, entrant?: Entrant): Promise<UploadResponse['upload']> {
    const { image, width, height } = await cleanPicture(this.#decoder, bytes, entrant);
    const now = this.#clock.now();
    const key = uploadKey(newUploadId(now));
    await this.#images.put(key, image);
    return { url: imageUrl(key), width, height, expiresAt: new Date(now + LIMITS.uploadTtlMs).toISOString() };
  }

  /** An upload that is not too old. `uploadId`: 22 characters of base64url. */
  async get(uploadId: string): Promise<EncodedImage | undefined> {
    return this.#isOver(uploadId) ? undefined : this.#images.get(uploadKey(uploadId));
  }

  /**
   * Gives a job a copy of its own of an upload, or of a job's picture, as a square of `size` pixels; returns the copy's
   * path, or undefined if there is no such picture (any more). Throws a `PictureError` or a `StorageError`.
   */
  async copyFor(jobId: string, url: string, size: number, entrant?: Entrant): Promise<string | undefined> {
    const source = parseImageUrl(url);
    if (source === undefined || (source.kind === 'uploads' && this.#isOver(source.ownerId))) return undefined;
    return this.#copies.pass(async () => {
      const image = await this.#images.get(source);
      if (image === undefined) return undefined;
      const copy = await cropToSquare(this.#decoder, image.bytes, size, entrant);
      const key = jobImageKey(jobId, 'inputs', 1, copy);
      await this.#images.put(key, copy);
      return imageUrl(key);
    }, entrant);
  }

  /** Removes the copy of a job that was not made after all. */
  forget(jobId: string): Promise<void> {
    return this.#images.deleteJob(jobId);
  }

  /** Removes what is too old; returns how many. */
  async expire(): Promise<number> {
    const ids = await this.#images.listUploads();
    const over = ids.filter((id) => UPLOAD_ID.test(id) && this.#isOver(id));
    for (const uploadId of over) await this.#images.deleteUpload(uploadId);
    return over.length;
  }

  #isOver(uploadId: string): boolean {
    return this.#clock.now() >= sentAt(uploadId) + LIMITS.uploadTtlMs;
  }
}
