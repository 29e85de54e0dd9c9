import { canCancel } from '@darkroom/protocol';
import type { Clock } from '../clock.ts';
import type { Store } from '../store.ts';
import type { Client } from './client.ts';

export interface JobQuotaOptions {
  readonly store: Pick<Store, 'countUnfinished' | 'readJobs'>;
  readonly clock: Clock;
  /** Maximum number of unfinished jobs of one owner, and of one address. */
  readonly maxPerClient: number;
}

/** Room for one job that is being created. */
export interface Reservation {
  /** Ends it: the job is in the store, or (undefined) was not created. */
  settle(jobId: string | undefined): void;
}

const UNLIMITED: Reservation = { settle: () => undefined };
/** Minimum time between two queries for the jobs of an address that have ended, in milliseconds. */
const PRUNE_MS = 1_000;
/** Jobs that are read at once. */
const JOBS_PER_READ = 500;

/** A job of an owner that is being created. */
interface Creation {
  /** Resolves when the job is in the store, or was not created. */
  readonly settled: Promise<void>;
  isRefused: boolean;
}

/** Unfinished jobs of owners: the store has them, whichever process created them, and before a restart too. */
class OwnerQuota {
  readonly #options: JobQuotaOptions;
  readonly #creating = new Map<string, Set<Creation>>();

  constructor(options: JobQuotaOptions) {
    this.#options = options;
  }

  async reserve(owner: string): Promise<Reservation | undefined> {
    const creating = this.#creating.get(owner) ?? new Set();
    const ahead = [...creating];
    if (ahead.length >= this.#options.maxPerClient) return undefined;
    const { promise: settled, resolve } = Promise.withResolvers<void>();
    const creation: Creation = { settled, isRefused: false };
    this.#creating.set(owner, creating.add(creation));
    const settle = (jobId: string | undefined) => {
      creation.isRefused = jobId === undefined;
      creating.delete(creation);
      if (creating.size === 0 && this.#creating.get(owner) === creating) this.#creating.delete(owner);
      resolve();
    };
    let hasRoom = false;
    try {
      hasRoom = await this.#hasRoom(owner, ahead);
    } finally {
      if (!hasRoom) settle(undefined);
    }
    return hasRoom ? { settle } : undefined;
  }

  /** Whether the store has room for one more job beside those that are created ahead of it. */
  async #hasRoom(owner: string, ahead: readonly Creation[]): Promise<boolean> {
    const { store, maxPerClient } = this.#options;
    const inStore = await store.countUnfinished(owner);
    // Of those ahead, the count may have some already.
    if (inStore + ahead.filter(({ isRefused }) => !isRefused).length < maxPerClient) return true;
    if (inStore >= maxPerClient || ahead.length === 0) return false;
    await Promise.all(ahead.map(({ settled }) => settled));
    return (await store.countUnfinished(owner)) < maxPerClient;
  }
}

interface AddressJobs {
  readonly jobIds: Set<string>;
  creating: number;
  prunedAt: number;
}

/** Unfinished jobs by the address that created them: those of this process, since its start. Addresses are not stored. */
class AddressQuota {
  readonly #options: JobQuotaOptions;
  readonly #addresses = new Map<string, AddressJobs>();

  constructor(options: JobQuotaOptions) {
    this.#options = options;
  }

  async reserve(address: string): Promise<Reservation | undefined> {
    if (this.#isFull(address)) await this.#pruneIfDue(address);
    if (this.#isFull(address)) return undefined;
    const jobs = this.#addresses.get(address) ?? { jobIds: new Set(), creating: 0, prunedAt: Number.NEGATIVE_INFINITY };
    this.#addresses.set(address, jobs);
    jobs.creating++;
    return {
      settle: (jobId) => {
        jobs.creating--;
        if (jobId !== undefined) jobs.jobIds.add(jobId);
        this.#forgetIfEmpty(address, jobs);
      },
    };
  }

  async pruneAll(): Promise<void> {
    for (const [address, jobs] of this.#addresses) await this.#prune(address, jobs);
  }

  #isFull(address: string): boolean {
    const jobs = this.#addresses.get(address);
    return jobs !== undefined && jobs.jobIds.size + jobs.creating >= this.#options.maxPerClient;
  }

  /** However often a client asks, the store is asked once a second. */
  async #pruneIfDue(address: string): Promise<void> {
    const jobs = this.#addresses.get(address);
    const now = this.#options.clock.now();
    if (jobs === undefined || Math.abs(now - jobs.prunedAt) < PRUNE_MS) return;
    jobs.prunedAt = now;
    await this.#prune(address, jobs);
  }

  async #prune(address: string, jobs: AddressJobs): Promise<void> {
    const known = [...jobs.jobIds];
    for (let first = 0; first < known.length; first += JOBS_PER_READ) {
      const jobIds = known.slice(first, first + JOBS_PER_READ);
      const records = await this.#options.store.readJobs(jobIds);
      const unfinished = new Set(records.flatMap(({ job }) => (canCancel(job) ? [job.id] : [])));
      for (const jobId of jobIds) if (!unfinished.has(jobId)) jobs.jobIds.delete(jobId);
    }
    this.#forgetIfEmpty(address, jobs);
  }

  #forgetIfEmpty(address: string, jobs: AddressJobs): void {
    if (jobs.jobIds.size + jobs.creating === 0 && this.#addresses.get(address) === jobs)
      this.#addresses.delete(address);
  }
}

/** How many unfinished jobs one client may have, by its address and by the owner of the jobs. */
export class JobQuota {
  readonly maxPerClient: number;
  readonly #owners: OwnerQuota;
  readonly #addresses: AddressQuota;

  constructor(options: JobQuotaOptions) {
    this.maxPerClient = options.maxPerClient;
    this.#owners = new OwnerQuota(options);
    this.#addresses = new AddressQuota(options);
  }

  /** Room for one more job of `owner` that this client asks for; undefined: one of the two has as many as it may. */
  async reserve({ address, isLocal }: Client, owner: string | undefined): Promise<Reservation | undefined> {
    if (isLocal) return UNLIMITED;
    const byAddress = address === undefined ? UNLIMITED : await this.#addresses.reserve(address);
    if (byAddress === undefined) return undefined;
    let byOwner: Reservation | undefined;
    try {
      byOwner = owner === undefined ? UNLIMITED : await this.#owners.reserve(owner);
    } finally {
      if (byOwner === undefined) byAddress.settle(undefined);
    }
    return (
      byOwner && {
        settle: (jobId) => {
          byAddress.settle(jobId);
          byOwner.settle(jobId);
        },
      }
    );
  }

  /** Forgets which addresses created the jobs that have ended. */
  prune(): Promise<void> {
    return this.#addresses.pruneAll();
  }
}
