import { type Job, type JobError, jobError } from '@darkroom/protocol';
import type { KnownBackend } from './backend-pool.ts';
import type { Change } from './transition.ts';

/** What is known about a job's backend when its worker is gone. */
export interface LastSeen {
  /** The job's backend; undefined: no process has it, or told of it lately. */
  readonly backend: KnownBackend | undefined;
  /** Now (ms). */
  readonly now: number;
  /** A process that was silent for so long is gone, or sleeps, in milliseconds. */
  readonly takeOverAfterMs: number;
  /** Whether other processes use the same storage: one that is not there yet may have the backend. */
  readonly isShared: boolean;
}

/** A process that has a backend which nobody here knows is waited for so long after the job's last word, in milliseconds. */
export const STRANGER_MS = 300_000;

/** Why the server does not make a picture again by itself. */
export const leftAlone = (backend: string): JobError =>
  jobError(
    'SERVER_ERROR',
    `The server stopped while ${backend} was making this picture, and it may have been made there. Retry to make it anew.`,
  );

/** Time since a process that has the backend was heard of, in milliseconds; 0 while one is alive. */
function silence({ seenAt }: KnownBackend, { now, takeOverAfterMs }: LastSeen): number {
  const silentMs = now - (seenAt ?? now);
  return silentMs > takeOverAfterMs ? silentMs : 0;
}

/** Whether somebody who reaches the backend may still come back: then the run's work may be going on there. */
function mayReturn({ updatedAt }: Job, seen: LastSeen): boolean {
  const { backend, now, isShared } = seen;
  if (backend === undefined) return isShared && now - Date.parse(updatedAt) < STRANGER_MS;
  const silentMs = silence(backend, seen);
  return silentMs > 0 && silentMs < (backend.timeoutMs ?? STRANGER_MS);
}

/**
 * What becomes of a job whose worker is gone, so that nothing is made twice at once; undefined: that is not decided yet.
 * Work that is known by its id is gone on with, or ended before the job runs again, by whoever reaches its backend; while
 * nobody does, nothing happens until it has run out of time. What may be at a backend without our knowing its id is a
 * person's decision.
 */
export function afterLoss(job: Job, seen: LastSeen): Change | undefined {
  const { backend } = seen;
  if (job.upstreamId !== undefined) {
    if (mayReturn(job, seen)) return undefined;
    const isReached = backend !== undefined && silence(backend, seen) === 0;
    if (!isReached) return { type: 'rescue', left: 'nothing' };
    return { type: 'rescue', left: backend.capabilities.resume ? 'resumed' : 'ended' };
  }
  // One that nobody has told of lately: whatever it was doing is long over.
  const isOver = backend === undefined || backend.capabilities.traceable || job.status === 'uploading';
  return isOver ? { type: 'rescue', left: 'nothing' } : { type: 'fail', error: leftAlone(backend.name) };
}
