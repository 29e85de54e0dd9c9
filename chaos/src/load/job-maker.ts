import { setTimeout as wait } from 'node:timers/promises';
import { type DarkroomClient, isDarkroomError } from '@darkroom/client';
import { canRetry, isFinal, type Job } from '@darkroom/protocol';
import type { PlannedJob } from './load-plan.ts';

/** A job that a server said it has. */
export interface AcknowledgedJob {
  readonly id: string;
  readonly planned: PlannedJob;
}

const AGAIN_MS = 500;
const LOOK_MS = 2_000;

/** Asks again for as long as it may help, as a person would; throws what does not pass. */
export async function persist<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (thrown) {
      if (!isDarkroomError(thrown) || !thrown.retryable) throw thrown;
      await wait(thrown.retryAfterMs ?? AGAIN_MS, undefined, { signal });
    }
  }
}

/** A refusal that says: somebody else was faster. */
const wasOvertaken = (thrown: unknown) => isDarkroomError(thrown) && thrown.code === 'WRONG_STATE';

/** Makes a job at its time. Whatever becomes of the answers, it is made once. */
export async function makeJob(
  client: DarkroomClient,
  planned: PlannedJob,
  signal: AbortSignal,
): Promise<AcknowledgedJob> {
  await wait(planned.atMs, undefined, { signal });
  const { prompt, options } = planned;
  const idempotencyKey = `chaos ${prompt}`;
  const { id } = await persist(() => client.createJob({ prompt, options }, { idempotencyKey }), signal);
  return { id, planned };
}

/** Stops the job if that was planned, and has it run again whenever it fails in a way that passes. Resolves with its end. */
export async function seeThrough(
  client: DarkroomClient,
  { id, planned }: AcknowledgedJob,
  signal: AbortSignal,
): Promise<Job> {
  if (planned.cancelAfterMs !== undefined) {
    await wait(planned.cancelAfterMs, undefined, { signal });
    await persist(() => client.cancelJob(id), signal).catch((thrown: unknown) => {
      if (!wasOvertaken(thrown)) throw thrown;
    });
  }
  for (;;) {
    const job = await persist(() => client.getJob(id), signal);
    if (isFinal(job)) return job;
    // One that was asked to stop and failed first is left alone.
    if (canRetry(job))
      await persist(() => client.retryJob(id), signal).catch((thrown: unknown) => {
        if (!wasOvertaken(thrown)) throw thrown;
      });
    await wait(LOOK_MS, undefined, { signal });
  }
}
