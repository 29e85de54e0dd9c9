import { canCancel } from '@darkroom/protocol';
import type { Clock } from '../clock.ts';
import type { Images } from '../images.ts';
import type { Consumer, Queue, QueueEntry } from '../queue.ts';
import type { Store } from '../store.ts';
import type { Backend } from './backend.ts';
import type { BackendPool } from './backend-pool.ts';
import { enqueue, toEntry } from './enqueue.ts';
import type { JobLog } from './job-log.ts';
import { JobRun } from './job-run.ts';

export interface WorkerOptions {
  readonly store: Store;
  readonly log: JobLog;
  readonly queue: Queue;
  readonly images: Images;
  readonly clock: Clock;
  readonly pool: BackendPool;
  /** Told of what is our own fault, with its details. */
  readonly onFault: (jobId: string, fault: unknown) => void;
}

/** Takes jobs off the queue and runs them, each backend as many at once as it can, and only those it may do. */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #shutdown = new AbortController();
  readonly #consumers: Consumer[] = [];

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  /** Puts what was left by an earlier process back in line, then begins. */
  async start(): Promise<void> {
    await this.#rescue();
    const { queue, pool } = this.#options;
    for (const backend of pool.backends) {
      const consumer = queue.consume({
        name: backend.name,
        concurrency: backend.provider.concurrency,
        accepts: (names) => pool.accepts(backend, names),
        run: ({ jobId }) => backend.occupy(() => this.#runJob(jobId, backend)),
      });
      this.#consumers.push(consumer);
    }
    pool.onChange(() => {
      for (const consumer of this.#consumers) consumer.wake();
    });
  }

  /** Takes no more work; what is under way goes back to the queue, on disk. Idempotent. */
  async stop(): Promise<void> {
    this.#shutdown.abort();
    await Promise.all(this.#consumers.map((consumer) => consumer.stop()));
  }

  /** Resolves with the job's next entry if it waits again: it failed over, or somebody retried it meanwhile. */
  async #runJob(jobId: string, backend: Backend): Promise<QueueEntry | undefined> {
    const { log, images, clock, pool, onFault } = this.#options;
    const shutdown = this.#shutdown.signal;
    await new JobRun(jobId, { log, images, clock, backend, pool, onFault, shutdown }).run();
    if (shutdown.aborted) return undefined;
    try {
      const record = await log.load(jobId);
      return record?.job.status === 'queued' ? await toEntry(this.#options, record) : undefined;
    } catch (thrown) {
      // The next start finds it in the store and puts it in line.
      onFault(jobId, thrown);
      return undefined;
    }
  }

  /** Jobs that a stopped process was working on are nobody's now: they run again, or their backend's work is gone on with. */
  async #rescue(): Promise<void> {
    const { store, log, pool } = this.#options;
    for (const { job } of await store.listUnfinished()) {
      if (job.status !== 'queued') await log.appendAtHead(job.id, { type: 'rescue', reattach: pool.canReattach(job) });
      const record = await log.load(job.id);
      if (record !== undefined && canCancel(record.job)) await enqueue(this.#options, record);
    }
  }
}
