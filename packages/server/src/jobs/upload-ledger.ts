import { LIMITS } from '@darkroom/protocol';
import { type Client, limitKeys } from './client.ts';

export interface UploadLimits {
  /** Maximum number of kept images of one client. */
  readonly maxCount: number;
  /** Maximum bytes of these. */
  readonly maxBytes: number;
  /** Whether memory is what fills up: then clients on this machine are counted too. */
  readonly isMemory: boolean;
}

/** Limits where images are on a disk or in an object storage. */
export const UPLOAD_LIMITS: UploadLimits = {
  maxCount: LIMITS.uploadsPerClient,
  maxBytes: LIMITS.uploadBytesPerClient,
  isMemory: false,
};

/** The client has sent as much as is kept for it. The message is for people. */
export class UploadLimitError extends Error {
  readonly isUploadLimitError = true;
  override readonly name = 'UploadLimitError';
  /** Until the first of its images expires, in milliseconds. */
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

/** By brand, so that it holds across copies of this module. */
export function isUploadLimitError(thrown: unknown): thrown is UploadLimitError {
  return thrown instanceof Error && 'isUploadLimitError' in thrown && thrown.isUploadLimitError === true;
}

const MEBIBYTE = 1024 * 1024;

interface Kept {
  readonly bytes: number;
  /** When it expires (ms). */
  readonly until: number;
}

/** What clients' images take up until they expire: those that this process has received since its start. */
export class UploadLedger {
  readonly #limits: UploadLimits;
  /** By client, then by the id of the upload, or of the job that has a copy, oldest first. */
  readonly #kept = new Map<string, Map<string, Kept>>();

  constructor(limits: UploadLimits) {
    this.#limits = limits;
  }

  /** Throws an `UploadLimitError` if the client may keep no more. `bytes`: what would come. */
  check(client: Client, bytes: number, now: number): void {
    const { maxCount, maxBytes } = this.#limits;
    for (const key of this.#keysOf(client)) {
      const kept = this.#current(key, now);
      const [oldest] = kept.values();
      const retryAfterMs = oldest === undefined ? 0 : oldest.until - now;
      if (kept.size >= maxCount)
        throw new UploadLimitError(`At most ${maxCount} of your images are kept at the same time.`, retryAfterMs);
      let sum = bytes;
      for (const one of kept.values()) sum += one.bytes;
      if (sum <= maxBytes) continue;
      const mebibytes = Math.floor(maxBytes / MEBIBYTE);
      throw new UploadLimitError(`At most ${mebibytes} MiB of your images are kept at the same time.`, retryAfterMs);
    }
  }

  /** The same, and if nothing stands against it, counts the image. */
  add(client: Client, id: string, kept: Kept, now: number): void {
    this.check(client, kept.bytes, now);
    for (const key of this.#keysOf(client)) this.#kept.set(key, this.#current(key, now).set(id, kept));
  }

  /** The image is not kept after all, or not any more. */
  remove(id: string): void {
    for (const kept of this.#kept.values()) kept.delete(id);
  }

  /** Forgets what has expired. */
  expire(now: number): void {
    for (const key of this.#kept.keys()) if (this.#current(key, now).size === 0) this.#kept.delete(key);
  }

  #keysOf(client: Client): readonly string[] {
    if (!client.isLocal) return limitKeys(client);
    if (!this.#limits.isMemory) return [];
    // All local clients have one address: who has an identity is counted by that alone.
    return limitKeys(client.owner === undefined ? client : { owner: client.owner, address: undefined });
  }

  #current(key: string, now: number): Map<string, Kept> {
    const kept = this.#kept.get(key) ?? new Map<string, Kept>();
    for (const [id, { until }] of kept) {
      if (until > now) break;
      kept.delete(id);
    }
    return kept;
  }
}
