import type { ImageKey, Images } from '../../images.ts';
import type { EncodedImage } from '../../provider.ts';
import { StorageError } from '../../storage-error.ts';

/** Pictures in memory, for a server that keeps nothing. Bounded: beyond `maxBytes` a picture is refused, as a full disk would. */
export class MemoryImages implements Images {
  readonly #maxBytes: number;
  readonly #jobs = new Map<string, Map<string, EncodedImage>>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  async put({ jobId, kind, name }: ImageKey, image: EncodedImage): Promise<void> {
    const pictures = this.#jobs.get(jobId) ?? new Map<string, EncodedImage>();
    const path = `${kind}/${name}`;
    const growth = image.bytes.byteLength - (pictures.get(path)?.bytes.byteLength ?? 0);
    if (this.#bytes + growth > this.#maxBytes)
      throw new StorageError('cannot store the picture: the memory for pictures is full');
    pictures.set(path, image);
    this.#jobs.set(jobId, pictures);
    this.#bytes += growth;
  }

  async get({ jobId, kind, name }: ImageKey): Promise<EncodedImage | undefined> {
    return this.#jobs.get(jobId)?.get(`${kind}/${name}`);
  }

  async deleteJob(jobId: string): Promise<void> {
    for (const image of this.#jobs.get(jobId)?.values() ?? []) this.#bytes -= image.bytes.byteLength;
    this.#jobs.delete(jobId);
  }

  async check(): Promise<void> {
    if (this.#bytes >= this.#maxBytes) throw new StorageError('the memory for pictures is full');
  }

  async close(): Promise<void> {
    this.#jobs.clear();
    this.#bytes = 0;
  }
}
