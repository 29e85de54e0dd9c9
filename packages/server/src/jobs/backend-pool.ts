import { type Job, type JobOptions, type JobSize, LIMITS, type ProviderStatus } from '@darkroom/protocol';
import type { Backend } from './backend.ts';
import { type Choice, chooseBackends } from './choose-backends.ts';
import type { JobPace } from './queue-board.ts';

const DEFAULT_SIZE: JobSize = '512';

/** All backends, in order of preference: who can do a job, and who may now. */
export class BackendPool {
  readonly backends: readonly Backend[];

  /** Throws an `Error` if two have the same name. */
  constructor(backends: readonly Backend[]) {
    const names = backends.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw new Error(`two backends have the name "${twice}"`);
    this.backends = backends;
  }

  get(name: string | undefined): Backend | undefined {
    return this.backends.find((backend) => backend.name === name);
  }

  /** Which backends can do what the options ask for, or what stands in the way. */
  check(options: JobOptions): Choice<Backend> {
    return chooseBackends(options, this.backends);
  }

  /** The options with what is missing filled in, as the preferred backend among `able` would have it. */
  fill(options: JobOptions, able: readonly Backend[]): JobOptions {
    const sizes = able[0]?.capabilities.sizes ?? [];
    const size = sizes.includes(DEFAULT_SIZE) ? DEFAULT_SIZE : (sizes[0] ?? DEFAULT_SIZE);
    return { size, steps: LIMITS.defaultSteps, ...options };
  }

  /** Whether `job`'s work at its backend can be gone on with by this server (rule J8). */
  canReattach({ provider, upstreamId }: Job): boolean {
    return upstreamId !== undefined && this.get(provider)?.capabilities.resume === true;
  }

  /** Names of the backends that `job` may be given to: only its own if that is still working on it, else all that can do it and have not failed yet. */
  namesFor(job: Job): readonly string[] {
    if (job.provider !== undefined && this.canReattach(job)) return [job.provider];
    return this.#untried(job).map(({ name }) => name);
  }

  /** Whether `job` can be handed to another backend than the one that failed. */
  canFailOver(job: Job): boolean {
    if (job.options?.provider !== undefined) return false;
    return this.#untried(job).some(({ name, breaker }) => name !== job.provider && breaker !== 'open');
  }

  /**
   * Whether `backend` is to take a job of these backends now. One whose breaker is open leaves it to the others; if all
   * are, it takes the job to fail it at once. A half-open one takes one job at a time.
   */
  accepts(backend: Backend, names: readonly string[]): boolean {
    const { breaker } = backend;
    if (breaker === 'half-open') return backend.running === 0;
    return breaker === 'closed' || names.every((name) => this.get(name)?.breaker === 'open');
  }

  /** How fast the backends are that may do `job` and are in order. */
  paceFor(job: Job): JobPace {
    const backends = this.#untried(job).filter(({ breaker }) => breaker !== 'open');
    const means = backends.flatMap(({ meanMs }) => meanMs ?? []);
    return {
      capacity: Math.max(
        1,
        backends.reduce((sum, { provider }) => sum + provider.concurrency, 0),
      ),
      meanMs: means.length === 0 ? undefined : means.reduce((sum, ms) => sum + ms, 0) / means.length,
      pictures: job.options?.count ?? 1,
    };
  }

  /** Calls `fn` whenever a breaker's state has changed. */
  onChange(fn: () => void): void {
    for (const backend of this.backends) backend.onChange(fn);
  }

  /** Every backend's health, load and abilities, in order of preference. */
  async status(): Promise<ProviderStatus[]> {
    return Promise.all(this.backends.map((backend) => backend.status()));
  }

  /** Begins to ask the backends how they are; returns its undo. */
  watchHealth(): () => void {
    const undos = this.backends.map((backend) => backend.watchHealth());
    return () => {
      for (const undo of undos) undo();
    };
  }

  #untried({ options, tried }: Job): readonly Backend[] {
    const choice = this.check(options ?? {});
    return choice.ok ? choice.backends.filter(({ name }) => tried?.includes(name) !== true) : [];
  }
}
