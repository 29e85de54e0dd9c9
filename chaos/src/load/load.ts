import { setTimeout as wait } from 'node:timers/promises';
import { createClient, type DarkroomClient } from '@darkroom/client';
import type { Job } from '@darkroom/protocol';
import type { Random } from '../../../packages/server/src/testing/random.ts';
import { type AcknowledgedJob, makeJob, seeThrough } from './job-maker.ts';
import { type PlannedJob, WATCHER_KINDS } from './load-plan.ts';
import { type Sighting, Watcher } from './watcher.ts';

export interface LoadOptions {
  readonly url: string;
  readonly jobs: readonly PlannedJob[];
  readonly watchers: number;
  /** How many of the watchers see each job. */
  readonly watchersPerJob: number;
  readonly random: Random;
  /** Aborted: everybody gives up. */
  readonly signal: AbortSignal;
}

/** What came of it. */
export interface LoadResult {
  readonly acknowledged: readonly AcknowledgedJob[];
  readonly ended: readonly Job[];
  readonly sightings: readonly Sighting[];
}

const LOOK_MS = 100;

/** People: some make jobs, some watch them, each job by several, in all ways there are. */
export class Load {
  readonly acknowledged: AcknowledgedJob[] = [];
  readonly ended: Job[] = [];
  readonly sightings: Sighting[] = [];
  readonly #options: LoadOptions;
  readonly #maker: DarkroomClient;
  readonly #watchers: readonly Watcher[];
  /** Jobs that still lack a watcher. */
  readonly #unwatched: string[] = [];
  #isMaking = true;

  constructor(options: LoadOptions) {
    this.#options = options;
    const { url, random } = options;
    this.#maker = createClient({ baseUrl: url });
    this.#watchers = Array.from(
      { length: options.watchers },
      (_, index) => new Watcher(url, WATCHER_KINDS[index % WATCHER_KINDS.length] ?? 'ws', random),
    );
  }

  /** Jobs that are to be made. */
  get planned(): number {
    return this.#options.jobs.length;
  }

  /** Watchers that watch a job now. */
  get watching(): number {
    return this.#watchers.filter(({ isWatching }) => isWatching).length;
  }

  /** Resolves when every job has ended and every watcher has seen its end; rejects when it is given up. */
  async run(): Promise<LoadResult> {
    const { jobs, signal } = this.#options;
    try {
      const making = Promise.all(jobs.map((planned) => this.#make(planned))).finally(() => {
        this.#isMaking = false;
      });
      const watching = this.#watchers.map((watcher) => this.#keepWatching(watcher));
      await untilAborted(Promise.all([making, ...watching]), signal);
      return this;
    } finally {
      this.#maker.close();
      for (const watcher of this.#watchers) watcher.close();
    }
  }

  /** What nobody has seen the end of, for when it is given up. */
  get unfinished(): readonly string[] {
    const ended = new Set(this.ended.map(({ id }) => id));
    const left = this.acknowledged.filter(({ id }) => !ended.has(id));
    return [
      ...left.map(({ id, planned }) => `${id} (“${planned.prompt}”) came to no end`),
      ...this.#watchers
        .filter(({ isWatching }) => isWatching)
        .map((watcher) => `a watcher (${watcher.kind}) of ${watcher.jobId} saw no end: ${watcher.state}`),
    ];
  }

  async #make(planned: PlannedJob): Promise<void> {
    const { signal, watchersPerJob } = this.#options;
    const job = await makeJob(this.#maker, planned, signal);
    this.acknowledged.push(job);
    for (let count = 0; count < watchersPerJob; count++) this.#unwatched.push(job.id);
    this.ended.push(await seeThrough(this.#maker, job, signal));
  }

  async #keepWatching(watcher: Watcher): Promise<void> {
    const { signal } = this.#options;
    while (!signal.aborted && (this.#isMaking || this.#unwatched.length > 0)) {
      const jobId = this.#unwatched.shift();
      if (jobId === undefined) await wait(LOOK_MS, undefined, { signal });
      else this.sightings.push(await watcher.watch(jobId));
    }
  }
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  return Promise.race([work, promise]);
}
