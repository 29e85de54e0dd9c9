import { randomBytes, randomInt } from 'node:crypto';
import { type CreateJobRequest, canCancel, type Job, type JobOptions, LIMITS } from '@darkroom/protocol';
import type { Clock } from '../clock.ts';
import type { NewTurn } from '../conversation-store.ts';
import type { Queue } from '../queue.ts';
import type { CreateResult, Idempotency } from '../store.ts';
import type { BackendPool } from './backend-pool.ts';
import { enqueue } from './enqueue.ts';
import type { JobLog } from './job-log.ts';
import { isPictureError } from './picture-files.ts';
import type { Change } from './transition.ts';
import type { Uploads } from './uploads.ts';

/** Why a request about a job was refused. The HTTP layer gives each its status. */
export type Refusal =
  | { readonly reason: 'not-found' }
  | { readonly reason: 'wrong-state'; readonly message: string }
  | { readonly reason: 'queue-full' }
  | { readonly reason: 'idempotency-conflict' }
  /** No backend can do this option. */
  | { readonly reason: 'unsupported-option'; readonly option: keyof JobOptions; readonly message: string }
  /** `options.image` is gone, or was never there. */
  | { readonly reason: 'image-missing' }
  | { readonly reason: 'image-unreadable' }
  | { readonly reason: 'no-conversation' }
  | { readonly reason: 'no-message' };

export type JobResult =
  | { readonly ok: true; readonly job: Job; readonly created: boolean }
  | ({ readonly ok: false } & Refusal);

/** Who asks for a job, and how. */
export interface Asked {
  /** The identity that will own it. */
  readonly owner?: string | undefined;
  /** The network address that asks: addresses take turns where input images are decoded. Default: `owner`. */
  readonly client?: string | undefined;
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
  /** Waiting jobs beyond which no more are taken. */
  readonly maxQueued: number;
}

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
      if ((await this.#options.queue.size()) + ahead >= this.#options.maxQueued)
        return refuse({ reason: 'queue-full' });
      return await this.#make(request, asked);
    } finally {
      this.#creating--;
    }
  }

  /** Cancelling a cancelled job is no error. */
  async cancel(jobId: string): Promise<JobResult> {
    const { log, queue } = this.#options;
    const result = await this.#change(jobId, { type: 'cancel' });
    await queue.remove(jobId);
    const record = result.ok ? undefined : await log.load(jobId);
    return record?.job.status === 'cancelled' ? { ok: true, job: record.job, created: false } : result;
  }

  async retry(jobId: string): Promise<JobResult> {
    const { log } = this.#options;
    const result = await this.#change(jobId, { type: 'retry' });
    const record = result.ok ? await log.load(jobId) : undefined;
    if (record !== undefined) await enqueue(this.#options, record);
    return result;
  }

  /** Cancels if it still can be; for readers that leave. */
  async abandon(jobId: string): Promise<void> {
    const record = await this.#options.log.load(jobId);
    if (record !== undefined && canCancel(record.job)) await this.cancel(jobId);
  }

  async #make(request: CreateJobRequest, { owner, client = owner, idempotency, turn }: Asked): Promise<JobResult> {
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
  async #copyImage({ id, options }: Job, client: string | undefined): Promise<string | undefined | Refusal> {
    if (options?.image === undefined) return undefined;
    try {
      const url = await this.#options.uploads.copyFor(id, options.image, Number(options.size), { client });
      return url ?? { reason: 'image-missing' };
    } catch (thrown) {
      if (isPictureError(thrown)) return { reason: 'image-unreadable' };
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
