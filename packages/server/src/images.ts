import type { EncodedImage } from './provider.ts';

/** What a picture is: a preview of a step, a result, what a job began with, or one that was sent here for jobs to begin with. */
export type ImageKind = 'frames' | 'images' | 'inputs' | 'uploads';

/** Address of a stored picture. Names are made by the core and never contain a separator. */
export interface ImageKey {
  /** Id of the job it belongs to; an upload belongs to itself. */
  readonly ownerId: string;
  readonly kind: ImageKind;
  /** For example `12-9f3ac1d2.jpg`: it contains a digest of the bytes, so that an address never changes its content. */
  readonly name: string;
}

/** An address that `urlFor` gives works for at least this long (ms). */
export const DIRECT_URL_MS = 900_000;

/** Lets readers fetch pictures from the storage themselves. */
export interface DirectDelivery {
  /** Where all these addresses are: pages must allow it. */
  readonly origin: string;
  /**
   * An address that answers the picture, or an error of the storage's own where there is none, with this
   * `Content-Disposition`. Throws a `StorageError`.
   */
  urlFor(key: ImageKey, disposition: string): Promise<string>;
}

/**
 * Where pictures are kept. A resolved `put` survives a crash. Anything that goes wrong in the storage is a
 * `StorageError`, and then nothing was stored.
 */
export interface Images {
  /** Where readers are to be sent to the storage; undefined: the server sends the pictures itself. */
  readonly direct?: DirectDelivery;
  put(key: ImageKey, image: EncodedImage): Promise<void>;
  get(key: ImageKey): Promise<EncodedImage | undefined>;
  /** Removes every picture of a job. Idempotent. */
  deleteJob(jobId: string): Promise<void>;
  /** Ids of all uploads, in no order. */
  listUploads(): Promise<readonly string[]>;
  /** Removes an upload. Idempotent. */
  deleteUpload(uploadId: string): Promise<void>;
  /** Resolves if pictures can be stored, else throws a `StorageError`. */
  check(): Promise<void>;
  close(): Promise<void>;
}
