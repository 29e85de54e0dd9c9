import type { ImageKey, ImageKind, Images } from '../../images.ts';
import type { EncodedImage } from '../../provider.ts';
import { StorageError } from '../../storage-error.ts';

/** Maximum bytes of each kind. They are apart, so that uploads take no room from results. */
export interface MemoryBudgets {
  /** Results and previews. */
  readonly results: number;
  /** Images that clients send as inputs of jobs. */
  readonly uploads: number;
  /** The jobs' own copies of these. */
  readonly inputs: number;
}

const BUDGET_OF = {
  images: 'results',
  frames: 'results',
  uploads: 'uploads',
  inputs: 'inputs',
} as const satisfies Record<ImageKind, keyof MemoryBudgets>;

interface KeptImage {
  readonly image: EncodedImage;
  readonly budget: keyof MemoryBudgets;
}

/** Images in memory, for a server that keeps nothing. Bounded: beyond its budget an image is refused, as by a full disk. */
export class MemoryImages implements Images {
  readonly #budgets: MemoryBudgets;
  /** By job, or upload, and then by kind and name. */
  readonly #jobs = new Map<string, Map<string, KeptImage>>();
  readonly #uploads = new Map<string, Map<string, KeptImage>>();
  readonly #used: Record<keyof MemoryBudgets, number> = { results: 0, uploads: 0, inputs: 0 };

  constructor(budgets: MemoryBudgets) {
    this.#budgets = budgets;
  }

  async put({ ownerId, kind, name }: ImageKey, image: EncodedImage): Promise<void> {
    const owners = this.#ownersOf(kind);
    const pictures = owners.get(ownerId) ?? new Map<string, KeptImage>();
    const path = `${kind}/${name}`;
    const growth = image.bytes.byteLength - (pictures.get(path)?.image.bytes.byteLength ?? 0);
    const budget = BUDGET_OF[kind];
    if (this.#used[budget] + growth > this.#budgets[budget])
      throw new StorageError(`cannot store the picture: the memory for ${budget} is full`);
    pictures.set(path, { image, budget });
    owners.set(ownerId, pictures);
    this.#used[budget] += growth;
  }

  async get({ ownerId, kind, name }: ImageKey): Promise<EncodedImage | undefined> {
    return this.#ownersOf(kind).get(ownerId)?.get(`${kind}/${name}`)?.image;
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

  /** Uploads that take all their room are no fault of the storage: jobs go on. */
  async check(): Promise<void> {
    if (this.#used.results >= this.#budgets.results) throw new StorageError('the memory for results is full');
  }

  async close(): Promise<void> {
    this.#jobs.clear();
    this.#uploads.clear();
    for (const budget of Object.values(BUDGET_OF)) this.#used[budget] = 0;
  }

  #ownersOf(kind: ImageKind) {
    return kind === 'uploads' ? this.#uploads : this.#jobs;
  }

  #remove(owners: Map<string, Map<string, KeptImage>>, ownerId: string): void {
    for (const { image, budget } of owners.get(ownerId)?.values() ?? []) this.#used[budget] -= image.bytes.byteLength;
    owners.delete(ownerId);
  }
}
