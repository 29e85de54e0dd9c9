import { canCancel } from '@darkroom/protocol';
import type { Clock } from '../clock.ts';
import type { Images } from '../images.ts';
import type { Provider } from '../provider.ts';
import type { Consumer, Queue } from '../queue.ts';
import type { Store } from '../store.ts';
import type { JobLog } from './job-log.ts';
import { JobRun } from './job-run.ts';
import type { QueueBoard } from './queue-board.ts';

export interface WorkerOptions {
  readonly store: Store;
  readonly log: JobLog;
  readonly queue: Queue;
  readonly board: QueueBoard;
  readonly images: Images;
  readonly clock: Clock;
  readonly providers: readonly Provider[];
  /** Told of what is our own fault, with its details. */
  readonly onFault: (jobId: string, fault: unknown) => void;
}

/** A provider and the jobs it is running. */
export interface ProviderLoad {
  readonly provider: Provider;
  readonly running: number;
}

/** Takes jobs off the queue and runs them, each provider as many at once as it can. */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #shutdown = new AbortController();
  readonly #consumers = new Map<Provider, Consumer>();

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  /** Puts what was left by an earlier process back in line, then begins. */
  async start(): Promise<void> {
    await this.#rescue();
    const { queue, providers } = this.#options;
    for (const provider of providers) {
      const consumer = queue.consume({
        concurrency: provider.concurrency,
        run: (entry) => this.#runJob(entry.jobId, provider),
      });
      this.#consumers.set(provider, consumer);
    }
  }

  get load(): readonly ProviderLoad[] {
    return this.#options.providers.map((provider) => ({
      provider,
      running: this.#consumers.get(provider)?.running ?? 0,
    }));
  }

  /** Takes no more work; what is under way goes back to the queue, on disk. Idempotent. */
  async stop(): Promise<void> {
    this.#shutdown.abort();
    await Promise.all([...this.#consumers.values()].map((consumer) => consumer.stop()));
  }

  async #runJob(jobId: string, provider: Provider): Promise<void> {
    const { log, images, clock, board, onFault } = this.#options;
    const startedAt = clock.now();
    await new JobRun(jobId, { log, images, clock, provider, onFault, shutdown: this.#shutdown.signal }).run();
    if (log.peek(jobId)?.job.status === 'completed') board.learn(clock.now() - startedAt);
  }

  /** Jobs that a stopped process was working on are nobody's now: they run again. */
  async #rescue(): Promise<void> {
    const { store, log, queue } = this.#options;
    for (const { job, ticket } of await store.listUnfinished()) {
      if (job.status !== 'queued') await log.appendAtHead(job.id, { type: 'rescue' });
      const record = await log.load(job.id);
      if (record !== undefined && canCancel(record.job)) await queue.add({ jobId: job.id, ticket });
    }
  }
}
