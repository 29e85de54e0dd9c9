import type { Job, ProgressEvent } from '@darkroom/protocol';
import { newJobId } from '../jobs/job-service.ts';
import { type Change, toEvent, transition } from '../jobs/transition.ts';
import type { CreateResult, JobRecord } from '../store.ts';

/** A job as it is after its first event. */
export function sampleJob(fields: Partial<Job> = {}, at = Date.parse('2026-01-01T00:00:00.000Z')): Job {
  const now = new Date(at).toISOString();
  return {
    id: newJobId(),
    status: 'queued',
    attempt: 1,
    maxAttempts: 3,
    prompt: 'a lighthouse',
    options: { size: '512', steps: 5, seed: 7 },
    lastEventSeq: 1,
    createdAt: now,
    updatedAt: now,
    ...fields,
  };
}

export const firstEvent = (job: Job): ProgressEvent =>
  toEvent(job.id, 1, Date.parse(job.createdAt), { stage: 'queued', attempt: 1, message: 'Queued' });

/** The job and event after a change that must be legal. */
export function change(job: Job, next: Change, at = Date.parse(job.updatedAt) + 1_000) {
  const result = transition(job, next, at);
  if (!result.ok) throw new Error(result.error.message);
  return result;
}

/** The record of a job that was made, or found. */
export function recordOf(result: CreateResult): JobRecord {
  if (result.outcome === 'refused') throw new Error(`refused: ${result.reason}`);
  return result.record;
}
