import {
  type Job,
  type JobOptions,
  type JobSize,
  LIMITS,
  type Pace,
  type ProviderStatus,
  pictureMs,
} from '@darkroom/protocol';
import type { WorkerBackend } from '../worker-store.ts';
import type { Backend } from './backend.ts';
import { type Candidate, type Choice, chooseBackends } from './choose-backends.ts';
import type { JobPace } from './queue-board.ts';

const DEFAULT_SIZE: JobSize = '512';

/** A backend of this process, or what another one tells of its own. */
export interface KnownBackend extends Candidate, Pace {
  readonly breaker: ProviderStatus['breaker'];
  readonly concurrency: number;
  /** Longest time one picture may take, in milliseconds. */
  readonly timeoutMs?: number | undefined;
  /** When a process that has it was last heard of (ms); undefined: this one has it. */
  readonly seenAt?: number | undefined;
}

/** A backend of another process. */
export type RemoteBackend = WorkerBackend & Pick<KnownBackend, 'seenAt'>;

const WORST_LAST = ['closed', 'half-open', 'open'] as const;

const isSilent = ({ reason }: RemoteBackend) => reason === 'worker-silent';

/** Backends of the same name stand in for each other: they are shown as one. One whose worker is silent adds nothing. */
function merge(one: RemoteBackend, other: RemoteBackend): RemoteBackend {
  if (isSilent(one) !== isSilent(other)) return isSilent(one) ? other : one;
  const best = WORST_LAST.indexOf(other.breaker) < WORST_LAST.indexOf(one.breaker) ? other : one;
  return {
    ...best,
    seenAt: Math.max(one.seenAt ?? 0, other.seenAt ?? 0),
    ok: one.ok || other.ok,
    concurrency: one.concurrency + other.concurrency,
    running: one.running + other.running,
    recentFailures: [...one.recentFailures, ...other.recentFailures]
      .sort((a, b) => b.at.localeCompare(a.at))
      .slice(0, LIMITS.recentFailures),
  };
}

const meanOf = (times: readonly number[]) =>
  times.length === 0 ? undefined : times.reduce((sum, ms) => sum + ms, 0) / times.length;

/** By what `key` says, merged; those of which it says nothing are left out. */
function mergeBy(
  backends: readonly RemoteBackend[],
  key: (backend: RemoteBackend) => string | undefined,
): ReadonlyMap<string, RemoteBackend> {
  const merged = new Map<string, RemoteBackend>();
  for (const one of backends) {
    const name = key(one);
    if (name === undefined) continue;
    const known = merged.get(name);
    merged.set(name, known === undefined ? one : merge(known, one));
  }
  return merged;
}

/** All backends, in order of preference: who can do a job, and who may now. Those of other processes come after the own ones. */
export class BackendPool {
  /** Of this process. */
  readonly backends: readonly Backend[];
  #remote: readonly RemoteBackend[] = [];
  #remoteByPlace: ReadonlyMap<string, RemoteBackend> = new Map();
  #all: readonly KnownBackend[];

  /** Throws an `Error` if two have the same name. */
  constructor(backends: readonly Backend[]) {
    const names = backends.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw new Error(`two backends have the name "${twice}"`);
    this.backends = backends;
    this.#all = backends;
  }

  /** What the other processes' backends are now. */
  hear(remote: readonly RemoteBackend[]): void {
    this.#remote = [...mergeBy(remote, ({ name }) => name).values()];
    this.#remoteByPlace = mergeBy(remote, ({ place }) => place);
    const own = new Set(this.backends.map(({ name }) => name));
    this.#all = [...this.backends, ...this.#remote.filter(({ name }) => !own.has(name))];
  }

  get(name: string | undefined): KnownBackend | undefined {
    return this.#all.find((backend) => backend.name === name);
  }

  /** The backend that has, or had, `job`'s work. One of the same name on another machine is not it. */
  holderOf({ provider, upstreamAt }: Pick<Job, 'provider' | 'upstreamAt'>): KnownBackend | undefined {
    return upstreamAt === undefined ? this.get(provider) : this.#at(upstreamAt);
  }

  /** Which backends can do what the options ask for, or what stands in the way. */
  check(options: JobOptions): Choice<KnownBackend> {
    return chooseBackends(options, this.#all);
  }

  /** The options with what is missing filled in, as the preferred backend among `able` would have it. */
  fill(options: JobOptions, able: readonly KnownBackend[]): JobOptions {
    const sizes = able[0]?.capabilities.sizes ?? [];
    const size = sizes.includes(DEFAULT_SIZE) ? DEFAULT_SIZE : (sizes[0] ?? DEFAULT_SIZE);
    return { size, steps: LIMITS.defaultSteps, ...options };
  }

  /** Whether `job`'s work at its backend can be gone on with (rule J8). */
  canReattach(job: Job): boolean {
    return job.upstreamId !== undefined && this.holderOf(job)?.capabilities.resume === true;
  }

  /** Whether a waiting `job`'s backend was left with work of it, which is to be resumed or ended there. */
  isBound(job: Job): boolean {
    return job.upstreamId !== undefined && this.holderOf(job) !== undefined;
  }

  /**
   * Names of the backends that `job` may be given to: all that can do it and have not failed yet; or, if one was left with
   * its work, only that one's place.
   */
  namesFor(job: Job): readonly string[] {
    const bound = job.upstreamAt ?? job.provider;
    if (bound !== undefined && this.isBound(job)) return [bound];
    return this.#untried(job).map(({ name }) => name);
  }

  /** Whether `job` can be handed to another backend than the one that failed. */
  canFailOver(job: Job): boolean {
    if (job.options?.provider !== undefined) return false;
    return this.#untried(job).some(({ name, breaker }) => name !== job.provider && breaker !== 'open');
  }

  /** Whether the breakers of all of these are open. */
  allRest(names: readonly string[]): boolean {
    return names.every((name) => (this.get(name) ?? this.#at(name))?.breaker === 'open');
  }

  /**
   * Whether `backend` is to take a job of these backends now. One whose breaker is open leaves it to the others; if all
   * are, it takes the job to fail it at once.
   */
  accepts(backend: Backend, names: readonly string[]): boolean {
    return backend.isOpenForJobs || this.allRest(names);
  }

  /** How fast the backends are that may do `job` and are in order. */
  paceFor(job: Job): JobPace {
    const backends = this.#untried(job).filter(({ breaker }) => breaker !== 'open');
    const own = job.options ?? {};
    return {
      capacity: Math.max(
        1,
        backends.reduce((sum, { concurrency }) => sum + concurrency, 0),
      ),
      meanMs: meanOf(backends.flatMap(({ meanMs }) => meanMs ?? [])),
      ownMs: meanOf(backends.flatMap((backend) => pictureMs(backend, own) ?? [])),
      pictures: own.count ?? 1,
    };
  }

  /** Calls `fn` whenever a breaker's state has changed. */
  onChange(fn: () => void): void {
    for (const backend of this.backends) backend.onChange(fn);
  }

  /** Every backend's health, load and abilities, in order of preference. */
  async status(): Promise<ProviderStatus[]> {
    const own = await Promise.all(this.backends.map((backend) => backend.status()));
    const remote = new Map(this.#remote.map((status) => [status.name, status]));
    const merged = own.map((status): RemoteBackend => {
      const other = remote.get(status.name);
      remote.delete(status.name);
      return other === undefined ? status : merge(status, other);
    });
    return [...merged, ...remote.values()].map(({ seenAt: _s, place: _p, ...status }) => status);
  }

  /** Begins to ask the backends how they are; returns its undo. */
  watchHealth(): () => void {
    const undos = this.backends.map((backend) => backend.watchHealth());
    return () => {
      for (const undo of undos) undo();
    };
  }

  #at(place: string): KnownBackend | undefined {
    return this.backends.find((backend) => backend.place === place) ?? this.#remoteByPlace.get(place);
  }

  #untried({ options, tried }: Job): readonly KnownBackend[] {
    const choice = this.check(options ?? {});
    return choice.ok ? choice.backends.filter(({ name }) => tried?.includes(name) !== true) : [];
  }
}
