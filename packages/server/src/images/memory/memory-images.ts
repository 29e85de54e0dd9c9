import type { ImageKey, ImageKind, Images } from '../../images.ts';
import type { EncodedImage } from '../../provider.ts';
import { StorageError } from '../../storage-error.ts';

/** Pictures in memory, for a server that keeps nothing. Bounded: beyond `maxBytes` a picture is refused, as a full disk would. */
export class MemoryImages implements Images {
  readonly #maxBytes: number;
  /** By job, or upload, and then by kind and name. */
  readonly #jobs = new Map<string, Map<string, EncodedImage>>();
  readonly #uploads = new Map<string, Map<string, EncodedImage>>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  async put({ ownerId, kind, name }: ImageKey, image: EncodedImage): Promise<void> {
    const owners = this.#ownersOf(kind);
    const pictures = owners.get(ownerId) ?? new Map<string, EncodedImage>();
    const path = `${kind}/${name}`;
    const growth = image.bytes.byteLength - (pictures.get(path)?.bytes.byteLength ?? 0);
    if (this.#bytes + growth > this.#maxBytes)
      throw new StorageError('cannot store the picture: the memory for pictures is full');
    pictures.set(path, image);
    owners.set(ownerId, pictures);
    this.#bytes += growth;
  }

  async get({ ownerId, kind, name }: ImageKey): Promise<EncodedImage | undefined> {
    return this.#ownersOf(kind).get(ownerId)?.get(`${kind}/${name}`);
  }

  async deleteJob(jobId: string): Promise<void> {
    this.#remove(this.#jobs, jobId);
  }

  async listUploads(): Promise<readonly string[]> {
    return [...this.#uploads.keys()];
  }

  async deleteUpload(uploadId: string): Promise<void> {
    this.#remove(this.#uploads, uploadId);
  }

  async check(): Promise<void> {
    if (this.#bytes >= this.#maxBytes) throw new StorageError('the memory for pictures is full');
  }

  async close(): Promise<void> {
    this.#jobs.clear();
    this.#uploads.clear();
    this.#bytes = 0;
  }

  #ownersOf(kind: ImageKind) {
    return kind === 'uploads' ? this.#uploads : this.#jobs;
  }

  #remove(owners: Map<string, Map<string, EncodedImage>>, ownerId: string): void {
    for (const image of owners.get(ownerId)?.values() ?? []) this.#bytes -= image.bytes.byteLength;
    owners.delete(ownerId);
  }
}
