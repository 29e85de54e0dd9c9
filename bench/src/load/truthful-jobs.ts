/** Jobs whose end is looked at, each: made by several at once. */
import type { Job } from '@darkroom/protocol';
import { endsTruthfully } from '../../../packages/server/src/testing/unreliable-backends.ts';
import { serve } from '../remote.ts';

const AT_ONCE = 32;

async function readJob(url: string, init?: RequestInit): Promise<Job> {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return ((await response.json()) as { job: Job }).job;
}

async function runOne(base: string, prompt: string): Promise<Job> {
  const headers = { 'content-type': 'application/json' };
  let job = await readJob(`${base}/api/jobs`, { method: 'POST', headers, body: JSON.stringify({ prompt }) });
  while (job.status !== 'completed' && job.status !== 'failed')
    job = await readJob(`${base}/api/jobs/${job.id}?after=${job.lastEventSeq}&wait=20`);
  return job;
}

const methods = {
  /** Runs jobs with the numbers from `first` on; how they ended. */
  run: async ({ port, first, jobs }: { port: number; first: number; jobs: number }) => {
    const base = `http://127.0.0.1:${port}`;
    const ended = { completed: 0, failed: 0, untruthful: 0 };
    let next = first;
    const maker = async () => {
      while (next < first + jobs) {
        const job = await runOne(base, `picture ${next++}`);
        if (!endsTruthfully(job)) ended.untruthful++;
        else ended[job.status === 'completed' ? 'completed' : 'failed']++;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, maker));
    return ended;
  },
};
export type TruthfulJobs = typeof methods;

serve(methods);
