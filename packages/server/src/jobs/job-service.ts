import { randomBytes, randomInt } from 'node:crypto';
import { type CreateJobRequest, canCancel, type Job, type JobOptions, LIMITS } from '@darkroom/protocol';
import type { Clock } from '../clock.ts';
import type { Queue } from '../queue.ts';
import type { CreateResult, Idempotency } from '../store.ts';
import type { JobLog } from './job-log.ts';
import type { Change } from './transition.ts';

/** Why a request about a job was refused. The HTTP layer gives each its status. */
export type Refusal =
  | { readonly reason: 'not-found' }
  | { readonly reason: 'wrong-state'; readonly message: string }
  | { readonly reason: 'queue-full' }
  | { readonly reason: 'idempotency-conflict' };

export type JobResult =
  | { readonly ok: true; readonly job: Job; readonly created: boolean }
  | ({ readonly ok: false } & Refusal);

export interface JobServiceOptions {
  readonly log: JobLog;
  readonly queue: Queue;
  readonly clock: Clock;
  /** Waiting jobs beyond which no more are taken. */
  readonly maxQueued: number;
}

/** 128 random bits (rule J1). */
export const newJobId = () => randomBytes(16).toString('base64url');

const refuse = (refusal: Refusal): JobResult => ({ ok: false, ...refusal });

function toResult(result: CreateResult): JobResult {
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
  async create(request: CreateJobRequest, idempotency?: Idempotency): Promise<JobResult> {
    const { log, queue, maxQueued } = this.#options;
    const ahead = this.#creating++;
    try {
      if ((await queue.size()) + ahead >= maxQueued) {
        const known = idempotency && (await log.findCreated(idempotency));
        return known === undefined ? refuse({ reason: 'queue-full' }) : toResult(known);
      }
      const result = await log.create(this.#newJob(request), randomBytes(6).toString('base64url'), idempotency);
      const { record, outcome } = result;
      if (outcome === 'created') await queue.add({ jobId: record.job.id, ticket: record.ticket });
      return toResult(result);
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
    const { log, queue } = this.#options;
    const result = await this.#change(jobId, { type: 'retry' });
    const record = result.ok ? await log.load(jobId) : undefined;
    if (record !== undefined) await queue.add({ jobId, ticket: record.ticket });
    return result;
  }

  /** Cancels if it still can be; for readers that leave. */
  async abandon(jobId: string): Promise<void> {
    const record = await this.#options.log.load(jobId);
    if (record !== undefined && canCancel(record.job)) await this.cancel(jobId);
  }

  #newJob({ prompt, options }: CreateJobRequest): Job {
    const now = new Date(this.#options.clock.now()).toISOString();
    const filled: JobOptions = {
      size: '512',
      steps: LIMITS.defaultSteps,
      ...options,
      seed: options?.seed ?? randomInt(LIMITS.maxSeed),
    };
    return {
      id: newJobId(),
      status: 'queued',
      attempt: 1,
      maxAttempts: LIMITS.maxAttempts,
      prompt,
      options: filled,
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
