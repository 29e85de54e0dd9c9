import { createHash } from 'node:crypto';
import { Gate } from '../gate.ts';
import type { ImageKey, Images } from '../images.ts';
import { imageUrl } from '../jobs/image-address.ts';
import type { EncodedImage } from '../provider.ts';
import type { Comparison } from './check-rows.ts';
import type { Findings } from './findings.ts';
import type { Progress } from './progress.ts';

/** Pictures that are held in memory at the same time, twice each. */
const AT_ONCE = 16;
const DIGEST_BYTES = 32;

/** Pictures of one side, in whatever order they come. */
class Album {
  count = 0;
  readonly #digest = Buffer.alloc(DIGEST_BYTES);

  add(digest: Buffer): void {
    this.count++;
    for (let index = 0; index < DIGEST_BYTES; index++)
      this.#digest[index] = (this.#digest[index] ?? 0) ^ (digest[index] ?? 0);
  }

  get digest(): string {
    return this.#digest.toString('hex');
  }
}

/** SHA-256 of a picture with its address and type: what arrives under another name is another picture. */
const digestOf = (key: ImageKey, { bytes, type }: EncodedImage) =>
  createHash('sha256')
    .update(`${imageUrl(key)}\n${type}\n`)
    .update(bytes)
    .digest();

export interface PictureCarrierOptions {
  readonly source: Images;
  readonly target: Images;
  /** Only compare; nothing is stored. */
  readonly readOnly: boolean;
  /** Pictures that are not the same in the end. */
  readonly differences: Findings;
  /** Pictures that the source itself lacks. */
  readonly lost: Findings;
  readonly progress: Progress;
}

/** Brings pictures over, and compares each, read back from the target, with the source's. */
export class PictureCarrier {
  readonly #options: PictureCarrierOptions;
  readonly #gate = new Gate({ slots: AT_ONCE });
  readonly #here = new Album();
  readonly #there = new Album();
  #stopped = false;
  /** Pictures that had to be sent. */
  sent = 0;
  /** Bytes of all pictures that were looked at. */
  bytes = 0;

  constructor(options: PictureCarrierOptions) {
    this.#options = options;
  }

  get comparison(): Comparison {
    return {
      source: { count: this.#here.count, digest: this.#here.digest },
      target: { count: this.#there.count, digest: this.#there.digest },
    };
  }

  /** After the first that fails no other one begins. */
  async bring(keys: readonly ImageKey[]): Promise<void> {
    await Promise.all(
      keys.map((key) =>
        this.#gate.pass(async () => {
          if (!this.#stopped) await this.#bringOne(key);
        }),
      ),
    ).catch((thrown: unknown) => {
      this.#stopped = true;
      throw thrown;
    });
  }

  async #bringOne(key: ImageKey): Promise<void> {
    const { source, target, readOnly, differences, lost, progress } = this.#options;
    const image = await source.get(key);
    if (image === undefined) {
      lost.add(imageUrl(key));
      progress.add('pictures', 1);
      return;
    }
    const digest = digestOf(key, image);
    this.#here.add(digest);
    let twin = await this.#digestAt(target, key);
    if (!readOnly && twin?.equals(digest) !== true) {
      await target.put(key, image);
      this.sent++;
      twin = await this.#digestAt(target, key);
    }
    if (twin !== undefined) this.#there.add(twin);
    if (twin?.equals(digest) !== true)
      differences.add(`picture ${imageUrl(key)} is ${twin === undefined ? 'missing' : 'not the same'} in the target`);
    this.bytes += image.bytes.byteLength;
    progress.add('pictures', 1, image.bytes.byteLength);
  }

  async #digestAt(images: Images, key: ImageKey): Promise<Buffer | undefined> {
    const image = await images.get(key);
    return image && digestOf(key, image);
  }
}
