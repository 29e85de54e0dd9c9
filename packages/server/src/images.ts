import type { EncodedImage } from './provider.ts';

/** What a picture is: a preview of a step, or a result. */
export type ImageKind = 'frames' | 'images';

/** Address of a stored picture. Names are made by the core and never contain a separator. */
export interface ImageKey {
  readonly jobId: string;
  readonly kind: ImageKind;
  /** For example `12-9f3ac1d2.jpg`: it contains a digest of the bytes, so that an address never changes its content. */
  readonly name: string;
}

/**
 * Where previews and results are kept. A resolved `put` survives a crash. Anything that goes wrong in the storage is a
 * `StorageError`, and then nothing was stored.
 */
export interface Images {
  put(key: ImageKey, image: EncodedImage): Promise<void>;
  get(key: ImageKey): Promise<EncodedImage | undefined>;
  /** Removes every picture of a job. Idempotent. */
  deleteJob(jobId: string): Promise<void>;
  /** Resolves if pictures can be stored, else throws a `StorageError`. */
  check(): Promise<void>;
  close(): Promise<void>;
}
