import { randomBytes, randomInt } from 'node:crypto';
import { type CreateJobRequest, canCancel, canRetry, type Job, type JobOptions, LIMITS } from '@darkroom/protocol';
import type { Clock } from '../clock.ts';
import type { NewTurn } from '../conversation-store.ts';
import type { Queue } from '../queue.ts';
import type { CreateResult, Idempotency, JobRecord } from '../store.ts';
import type { BackendPool } from './backend-pool.ts';
import type { Client } from './client.ts';
import { enqueue } from './enqueue.ts';
import type { JobLog } from './job-log.ts';
import type { JobQuota } from './job-quota.ts';
import { isPictureError } from './picture-files.ts';
import type { Change } from './transition.ts';
import { isUploadLimitError } from './upload-ledger.ts';
import type { Uploads } from './uploads.ts';

/** Why a request about a job was refused. The HTTP layer gives each its status. */
export type Refusal =
  | { readonly reason: 'not-found' }
  | { readonly reason: 'wrong-state'; readonly message: string }
  | { readonly reason: 'queue-full' }
  /** The client, or the owner of the job, has `max` unfinished ones. */
  | { readonly reason: 'too-many-jobs'; readonly max: number }
  /** The copy of `options.image` is more than is kept for the client. */
  | { readonly reason: 'too-many-uploads'; readonly message: string; readonly retryAfterMs: number }
  | { readonly reason: 'idempotency-conflict' }
  /** No backend can do this option. */
  | { readonly reason: 'unsupported-option'; readonly option: keyof JobOptions; readonly message: string }
  /** `options.image` is gone, or was never there. */
  | { readonly reason: 'image-missing' }
  | { readonly reason: 'image-unreadable' }
  | { readonly reason: 'no-conversation' }
  | { readonly reason: 'conversation-full' }
  | { readonly reason: 'no-message' };

export type JobResult =
  | { readonly ok: true; readonly job: Job; readonly created: boolean }
  | ({ readonly ok: false } & Refusal);

/** Who asks for a job, and how. */
export interface Asked {
  /** The identity that will own it. */
  readonly owner?: string | undefined;
  /** The client whose limits count; undefined: none count, since this server itself asks. */
  readonly client?: Client | undefined;
  readonly idempotency?: Idempotency | undefined;
  /** The messages that ask for it, to be kept with it; they have the key, then. */
  readonly turn?: ((job: Job) => NewTurn) | undefined;
}

export interface JobServiceOptions {
  readonly log: JobLog;
  readonly queue: Queue;
  readonly pool: BackendPool;
  readonly uploads: Uploads;
  readonly clock: Clock;
  readonly quota: JobQuota;
  /** Waiting jobs beyond which no more are taken. */
  readonly maxQueued: number;
}

/** Jobs that are cancelled at the same time, however many are to be. */
const CANCELS_AT_ONCE = 100;

/** 128 random bits (rule J1). */
export const newJobId = () => randomBytes(16).toString('base64url');

const refuse = (refusal: Refusal): JobResult => ({ ok: false, ...refusal });

function toResult(result: CreateResult): JobResult {
  if (result.outcome === 'refused') return refuse({ reason: result.reason });
  if (result.outcome === 'exists' && !result.sameRequest) return refuse({ reason: 'idempotency-conflict' });
  return { ok: true, job: result.record.job, created: result.outcome === 'created' };
}

/** What people ask of jobs: make one, stop one, try one again. */
export class JobService {
  readonly #options: JobServiceOptions;
  /** Jobs that are being made: they will wait too. */
  #creating = 0;

  constructor(options: JobServiceOptions) {
    this.#options = options;
  }

  /** The job is on disk and in line when this resolves. */
  async create(request: CreateJobRequest, asked: Asked = {}): Promise<JobResult> {
    const { idempotency } = asked;
    const ahead = this.#creating++;
    try {
      // A request that is repeated finds its job, even if the same could not be asked for any more.
      const known = idempotency && (await this.#options.log.findCreated(idempotency));
      if (known !== undefined) return toResult(known);
      return await this.#withinLimits(ahead, asked.client, asked.owner, () => this.#make(request, asked));
    } finally {
      this.#creating--;
    }
  }

  /** Cancelling a cancelled job is no error. */
  async cancel(jobId: string): Promise<JobResult> {
    const { log, queue } = this.#options;
    const result = await this.#change(jobId, { type: 'cancel' });
    // The queue has keys of its own beside those of jobs: it is asked only about jobs that exist.
    if (!result.ok && result.reason === 'not-found') return result;
    await queue.remove(jobId);
    const record = result.ok ? undefined : await log.load(jobId);
    return record?.job.status === 'cancelled' ? { ok: true, job: record.job, created: false } : result;
  }

  /** Cancels these jobs, some at a time; resolves with the ids of those that are cancelled now. */
  async cancelAll(jobIds: readonly string[]): Promise<readonly string[]> {
    const cancelled: string[] = [];
    for (let first = 0; first < jobIds.length; first += CANCELS_AT_ONCE) {
      const some = jobIds.slice(first, first + CANCELS_AT_ONCE);
      const results = await Promise.all(some.map((jobId) => this.cancel(jobId)));
      cancelled.push(...results.flatMap((result) => (result.ok ? [result.job.id] : [])));
    }
    return cancelled;
  }

  /** Puts a failed job in line again, within the limits of a new one. `client`: who asks; undefined: this server itself. */
  async retry(jobId: string, client?: Client): Promise<JobResult> {
    const known = await this.#loadToRetry(jobId);
    if (known === undefined) return this.#requeue(jobId);
    const ahead = this.#creating++;
    try {
      return await this.#withinLimits(ahead, client, known.owner, () => this.#requeue(jobId));
    } finally {
      this.#creating--;
    }
  }

  /** Cancels if it still can be; for readers that leave. */
  async abandon(jobId: string): Promise<void> {
    const record = await this.#options.log.load(jobId);
    if (record !== undefined && canCancel(record.job)) await this.cancel(jobId);
  }

  /** Does what adds a job of `owner` to the queue, if there is room for it. `ahead`: how many others do so already. */
  async #withinLimits(
    ahead: number,
    client: Client | undefined,
    owner: string | undefined,
    add: () => Promise<JobResult>,
  ): Promise<JobResult> {
    const { queue, quota, maxQueued } = this.#options;
    if ((await queue.size()) + ahead >= maxQueued) return refuse({ reason: 'queue-full' });
    if (client === undefined) return add();
    const reservation = await quota.reserve(client, owner);
    if (reservation === undefined) return refuse({ reason: 'too-many-jobs', max: quota.maxPerClient });
    let jobId: string | undefined;
    try {
      const result = await add();
      jobId = result.ok ? result.job.id : undefined;
      return result;
    } finally {
      reservation.settle(jobId);
    }
  }

  /** The job, if it can be retried. The store is asked too: another process may have written the failure a moment ago. */
  async #loadToRetry(jobId: string): Promise<JobRecord | undefined> {
    const { log } = this.#options;
    const known = await log.load(jobId);
    if (known !== undefined && !canRetry(known.job)) await log.refresh(jobId);
    const current = await log.load(jobId);
    return current !== undefined && canRetry(current.job) ? current : undefined;
  }

  async #requeue(jobId: string): Promise<JobResult> {
    const result = await this.#change(jobId, { type: 'retry' });
    const record = result.ok ? await this.#options.log.load(jobId) : undefined;
    if (record !== undefined) await enqueue(this.#options, record);
    return result;
  }

  async #make(request: CreateJobRequest, { client, owner, idempotency, turn }: Asked): Promise<JobResult> {
    const { log, pool, uploads } = this.#options;
    const choice = pool.check(request.options ?? {});
    if (!choice.ok) return refuse({ reason: 'unsupported-option', option: choice.option, message: choice.message });
    const job = this.#newJob(request.prompt, pool.fill(request.options ?? {}, choice.backends));
    const image = await this.#copyImage(job, client);
    if (typeof image === 'object') return refuse(image);
    const own = image === undefined ? job : { ...job, options: { ...job.options, image } };
    const epoch = randomBytes(6).toString('base64url');
    let isMade = false;
    try {
      const result = await log.create(own, epoch, { owner, idempotency, turn: turn?.(own) });
      if (result.outcome === 'created') {
        isMade = true;
        await enqueue(this.#options, result.record);
      }
      return toResult(result);
    } finally {
      if (!isMade && image !== undefined) await uploads.forget(job.id);
    }
  }

  /** The path of the job's own copy of the picture it begins with, if it begins with one; or why it cannot. */
  async #copyImage({ id, options }: Job, client: Client | undefined): Promise<string | undefined | Refusal> {
    if (options?.image === undefined) return undefined;
    try {
      const url = await this.#options.uploads.copyFor(id, options.image, Number(options.size), { client });
      return url ?? { reason: 'image-missing' };
    } catch (thrown) {
      if (isPictureError(thrown)) return { reason: 'image-unreadable' };
      if (isUploadLimitError(thrown))
        return { reason: 'too-many-uploads', message: thrown.message, retryAfterMs: thrown.retryAfterMs };
      throw thrown;
    }
  }

  #newJob(prompt: string, options: JobOptions): Job {
    const now = new Date(this.#options.clock.now()).toISOString();
    return {
      id: newJobId(),
      status: 'queued',
      attempt: 1,
      maxAttempts: LIMITS.maxAttempts,
      prompt,
      options: { ...options, seed: options.seed ?? randomInt(LIMITS.maxSeed) },
      lastEventSeq: 0,
      createdAt: now,
      updatedAt: now,
    };
  }

  async #change(jobId: string, change: Change): Promise<JobResult> {
    const result = await this.#options.log.appendAtHead(jobId, change);
    if (result.outcome === 'appended') return { ok: true, job: result.record.job, created: false };
    if (result.outcome === 'illegal') return refuse({ reason: 'wrong-state', message: result.error.message });
    return refuse({ reason: 'not-found' });
  }
}
