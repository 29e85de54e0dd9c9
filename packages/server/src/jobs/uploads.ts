import { randomBytes } from 'node:crypto';
import { LIMITS, type UploadResponse } from '@darkroom/protocol';
import type { Clock } from '../clock.ts';
import { type Entrant, Gate } from '../gate.ts';
import type { ImageDecoder } from '../image-files/image-decoder.ts';
import type { ImageKey, Images } from '../images.ts';
import type { EncodedImage } from '../provider.ts';
import type { Client } from './client.ts';
import { imageUrl, jobImageKey, parseImageUrl, uploadKey } from './image-address.ts';
import { cleanPicture, cropToSquare } from './picture-files.ts';
import { UPLOAD_LIMITS, UploadLedger, type UploadLimits } from './upload-ledger.ts';

const TIME_BYTES = 6;
const RANDOM_BYTES = 16;
/** Copies made at once, and for one client: each is held in memory whole. */
const COPIES = { slots: 4, slotsPerClient: 3 };
/** What else lies in the storage is not ours to remove. Ids from before have 22 characters. */
const UPLOAD_ID = /^(?:[\w-]{30}|[\w-]{22})$/;

/** When it was sent, and 128 random bits: 30 characters that tell an upload's age without a record of it. */
function newUploadId(now: number): string {
  const time = Buffer.alloc(TIME_BYTES);
  time.writeUIntBE(now, 0, TIME_BYTES);
  return Buffer.concat([time, randomBytes(RANDOM_BYTES)]).toString('base64url');
}

const sentAt = (uploadId: string) => Buffer.from(uploadId, 'base64url').readUIntBE(0, TIME_BYTES);

export interface UploadsOptions {
  readonly images: Images;
  readonly clock: Clock;
  readonly decoder: ImageDecoder;
  /** Default: those of a storage on disk. */
  readonly limits?: UploadLimits | undefined;
  /** The same for the copies that jobs have. Default: they are not counted. */
  readonly copyLimits?: UploadLimits | undefined;
}

/** Who asks for an image to be kept. */
export interface AskedImage {
  /** The client whose limits count, and whose turn it is; undefined: none count, since this server itself asks. */
  readonly client?: Client | undefined;
  /** Aborted when the client is gone: an image that no client waits for is not decoded. */
  readonly signal?: AbortSignal | undefined;
}

/** Clients take turns by their address; users whom a proxy names, by their name. */
const entrantOf = ({ client, signal }: AskedImage): Entrant => ({ client: client?.address ?? client?.owner, signal });

/** Pictures that people send for jobs to begin with (rule R7). */
export class Uploads {
  readonly #images: Images;
  readonly #clock: Clock;
  readonly #decoder: ImageDecoder;
  readonly #copies = new Gate(COPIES);
  readonly #ledger: UploadLedger;
  readonly #copyLedger: UploadLedger | undefined;

  constructor({ images, clock, decoder, limits = UPLOAD_LIMITS, copyLimits }: UploadsOptions) {
    this.#images = images;
    this.#clock = clock;
    this.#decoder = decoder;
    this.#ledger = new UploadLedger(limits);
    this.#copyLedger = copyLimits && new UploadLedger(copyLimits);
  }

  /** Throws an `UploadLimitError` if the client may keep no more: before its image is read. */
  checkRoom(client: Client): void {
    this.#ledger.check(client, 0, this.#clock.now());
  }

  /** Decodes and keeps a picture. Throws a `PictureError`, an `UploadLimitError`, a `StorageError`, or the reason of the signal. */
  async add(bytes: Uint8Array, asked: AskedImage = {}): Promise<UploadResponse['upload']> {
    const { client } = asked;
    const { image, width, height } = await cleanPicture(this.#decoder, bytes, entrantOf(asked));
    const now = this.#clock.now();
    const key = uploadKey(newUploadId(now));
    await this.#put(key, image, client, this.#ledger);
    return { url: imageUrl(key), width, height, expiresAt: new Date(now + LIMITS.uploadTtlMs).toISOString() };
  }

  /** An upload that is not too old. `uploadId`: a `UploadId`. */
  async get(uploadId: string): Promise<EncodedImage | undefined> {
    return this.#isOver(uploadId) ? undefined : this.#images.get(uploadKey(uploadId));
  }

  /**
   * Gives a job a copy of its own of an upload, or of a job's picture, as a square of `size` pixels; returns the copy's
   * path, or undefined if there is no such picture (any more). `client`: who asks for the job; undefined: this server
   * itself. Throws a `PictureError`, an `UploadLimitError` or a `StorageError`.
   */
  async copyFor(jobId: string, url: string, size: number, asked: AskedImage = {}): Promise<string | undefined> {
    const entrant = entrantOf(asked);
    const { client } = asked;
    const source = parseImageUrl(url);
    if (source === undefined || (source.kind === 'uploads' && this.#isOver(source.ownerId))) return undefined;
    return this.#copies.pass(async () => {
      const image = await this.#images.get(source);
      if (image === undefined) return undefined;
      const copy = await cropToSquare(this.#decoder, image.bytes, size, entrant);
      const key = jobImageKey(jobId, 'inputs', 1, copy);
      await this.#put(key, copy, client, this.#copyLedger);
      return imageUrl(key);
    }, entrant);
  }

  /** Removes all images of a job, its copy included. */
  async forget(jobId: string): Promise<void> {
    await this.#images.deleteJob(jobId);
    this.#copyLedger?.remove(jobId);
  }

  /** Removes what is too old; returns how many. */
  async expire(): Promise<number> {
    const ids = await this.#images.listUploads();
    const over = ids.filter((id) => UPLOAD_ID.test(id) && this.#isOver(id));
    for (const uploadId of over) await this.#images.deleteUpload(uploadId);
    for (const ledger of [this.#ledger, this.#copyLedger]) ledger?.expire(this.#clock.now());
    return over.length;
  }

  /** Keeps an image and counts it among the client's. */
  async #put(key: ImageKey, image: EncodedImage, client: Client | undefined, ledger?: UploadLedger): Promise<void> {
    if (client === undefined || ledger === undefined) return this.#images.put(key, image);
    const now = this.#clock.now();
    const kept = { bytes: image.bytes.byteLength, until: now + LIMITS.uploadTtlMs };
    ledger.add(client, key.ownerId, kept, now);
    try {
      await this.#images.put(key, image);
    } catch (thrown) {
      ledger.remove(key.ownerId);
      throw thrown;
    }
  }

  #isOver(uploadId: string): boolean {
    return this.#clock.now() >= sentAt(uploadId) + LIMITS.uploadTtlMs;
  }
}
