import type { Clock } from '../clock.ts';
import type { Images } from '../images.ts';
import type { Consumer, Queue, QueueEntry } from '../queue.ts';
import type { Relay } from '../relay.ts';
import type { JobRecord, Store } from '../store.ts';
import type { Backend } from './backend.ts';
import type { BackendPool } from './backend-pool.ts';
import { enqueue, toEntry } from './enqueue.ts';
import type { JobLog } from './job-log.ts';
import { JobRun } from './job-run.ts';
import { afterLoss } from './lost-run.ts';
import type { PutBack } from './put-back.ts';

export interface WorkerOptions {
  /** New with every start of the process. */
  readonly id: string;
  readonly store: Store;
  readonly log: JobLog;
  readonly queue: Queue;
  readonly relay: Relay;
  readonly images: Images;
  readonly clock: Clock;
  readonly pool: BackendPool;
  /** A worker that was silent for so long has lost its jobs. */
  readonly takeOverAfterMs: number;
  readonly putBack: PutBack;
  /** Told of what is our own fault, with its details. */
  readonly onFault: (jobId: string, fault: unknown) => void;
}

/** So many times a worker says that it lives, and looks for those that do not, in the time in which it may be silent. */
const BEATS = 4;
/** Jobs that are taken over in one go. */
const BATCH = 1_000;
/** Workers that were silent for so long are forgotten, in milliseconds. */
const FORGET_MS = 3_600_000;

/**
 * Takes jobs off the queue and runs them, each backend as many at once as it can, and only those it may do. In a storage
 * that others use too it says every few seconds that it lives, and takes over the jobs of workers that have stopped saying so.
 */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #shutdown = new AbortController();
  readonly #consumers: Consumer[] = [];
  readonly #running = new Set<string>();
  #lastBeatAt = Number.POSITIVE_INFINITY;
  #beating: Promise<void> | undefined;
  #stopBeating: () => void = () => {};

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  get id(): string {
    return this.#options.id;
  }

  /** Puts what was left by earlier processes back in line, and begins. */
  async start(): Promise<void> {
    const { queue, pool, store, clock, takeOverAfterMs, putBack, onFault } = this.#options;
    if (store.isShared) {
      this.#lastBeatAt = await this.#report();
      // Others may have put it in line already, and all of it may be much.
      void putBack.all().catch((thrown: unknown) => onFault('', thrown));
    } else {
      // Nobody else uses this storage: whoever held a job is gone.
      await this.#takeOver(Number.POSITIVE_INFINITY);
      await putBack.all();
    }
    for (const backend of pool.backends) {
      const consumer = queue.consume({
        names: [backend.name, backend.place],
        concurrency: backend.provider.concurrency,
        accepts: (names) => pool.accepts(backend, names),
        run: ({ jobId }) => backend.occupy(() => this.#runJob(jobId, backend)),
      });
      this.#consumers.push(consumer);
    }
    pool.onChange(() => {
      for (const consumer of this.#consumers) consumer.wake();
      if (store.isShared) void this.#tell();
    });
    if (store.isShared) this.#stopBeating = clock.every(takeOverAfterMs / BEATS, () => void this.beat());
  }

  /** Takes no more work; what is under way goes back to the queue, on disk. Idempotent. */
  async stop(): Promise<void> {
    const { store, takeOverAfterMs, onFault } = this.#options;
    this.#shutdown.abort();
    this.#stopBeating();
    await Promise.all(this.#consumers.map((consumer) => consumer.stop()));
    await this.#beating;
    // As if it had been silent: what it could not give back is anybody's at once, and its backends are soon back.
    if (store.isShared) await this.#report(takeOverAfterMs + 1).catch((thrown: unknown) => onFault('', thrown));
  }

  /** Says that it lives, and takes over what silent ones left; resolves when that is done. Its own timer calls it. */
  beat(): Promise<void> {
    this.#beating ??= this.#beatOnce()
      .catch((thrown: unknown) => this.#options.onFault('', thrown))
      .finally(() => {
        this.#beating = undefined;
      });
    return this.#beating;
  }

  /** Resolves with the job's next entry if it waits again: it failed over, or somebody retried it meanwhile. */
  async #runJob(jobId: string, backend: Backend): Promise<QueueEntry | undefined> {
    const { log, images, clock, pool, onFault, id: workerId } = this.#options;
    const shutdown = this.#shutdown.signal;
    try {
      // What is in memory may be older than the entry.
      if (log.peek(jobId)?.job.status !== 'queued') await log.refresh(jobId);
      this.#running.add(jobId);
      await new JobRun(jobId, { log, images, clock, backend, pool, onFault, shutdown, workerId }).run();
      this.#running.delete(jobId);
      const record = await log.load(jobId);
      return record?.job.status === 'queued' ? await toEntry(this.#options, record) : undefined;
    } catch (thrown) {
      // Whoever compares the store with the queue next puts it in line.
      onFault(jobId, thrown);
      return undefined;
    }
  }

  async #beatOnce(): Promise<void> {
    const { clock, store, log, takeOverAfterMs } = this.#options;
    const wasAway = clock.now() - this.#lastBeatAt > takeOverAfterMs;
    this.#lastBeatAt = await this.#report();
    // It slept, or had no storage, for so long that others may have taken its jobs.
    if (wasAway) await Promise.all([...this.#running].map((jobId) => log.refresh(jobId)));
    await this.#takeOver(clock.now() - takeOverAfterMs);
    await store.workers.forget(clock.now() - FORGET_MS);
  }

  /** Says how its backends are, as if that were so long ago; resolves with when it says it was. */
  async #report(agoMs = 0): Promise<number> {
    const { id, store, clock, pool } = this.#options;
    const seenAt = clock.now() - agoMs;
    const backends = pool.backends.map((backend) => ({ ...backend.describe(), place: backend.place }));
    await store.workers.report({ id, seenAt, backends });
    return seenAt;
  }

  /** A breaker has opened or closed: those who show it, or count on it, are not to wait for the next beat. */
  async #tell(): Promise<void> {
    const { id, relay, onFault } = this.#options;
    if (this.#shutdown.signal.aborted) return;
    try {
      await this.#report();
      relay.publish({ workerId: id });
    } catch (thrown) {
      onFault('', thrown);
    }
  }

  /** Jobs of workers last seen before `before` (ms) are nobody's now: they run again, or their backend's work is gone on with. */
  async #takeOver(before: number): Promise<void> {
    const { store } = this.#options;
    for (let left = true; left && !this.#shutdown.signal.aborted; ) {
      const abandoned = await store.listAbandoned(before, BATCH);
      let rescued = 0;
      for (const record of abandoned) if (await this.#rescue(record)) rescued++;
      left = abandoned.length === BATCH && rescued > 0;
    }
  }

  /** False: it is not decided yet what becomes of the job. */
  async #rescue({ job }: JobRecord): Promise<boolean> {
    const { log, pool, clock, store, takeOverAfterMs } = this.#options;
    const seen = { backend: pool.holderOf(job), now: clock.now(), isShared: store.isShared, takeOverAfterMs };
    const change = afterLoss(job, seen);
    if (change === undefined) return false;
    await log.refresh(job.id);
    await log.append(job.id, job.lastEventSeq, change);
    const record = await log.load(job.id);
    if (record?.job.status === 'queued') await enqueue(this.#options, record);
    return true;
  }
}
