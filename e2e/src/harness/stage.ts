import { JobListResponse, type JobOptions } from '@darkroom/protocol';
import type { Environment } from '@darkroom/server/src/config.ts';
import { startDarkroom } from '@darkroom/server/src/testing/test-darkroom.ts';
import { inject } from 'vitest';
import { createJob, newPrompt } from './api.ts';
import { Backend, type Run } from './backend.ts';

/** A job and its first run. */
export interface Begun {
  readonly jobId: string;
  readonly prompt: string;
  readonly run: Run;
}

/** A real server in this process, with a backend that the tests steer. */
export interface Stage {
  /** Where it listens. */
  readonly url: string;
  readonly backend: Backend;
  /** Creates a job and waits until the backend has begun it. */
  begin(options?: JobOptions): Promise<Begun>;
  close(): Promise<void>;
}

/** The newest job with this prompt. */
async function findJob(url: string, prompt: string): Promise<string> {
  const response = await fetch(`${url}/api/jobs?limit=100`);
  const { jobs } = JobListResponse.parse(await response.json());
  const job = jobs.find((known) => known.prompt === prompt);
  if (job === undefined) throw new Error(`there is no job with the prompt “${prompt}”`);
  return job.id;
}

/** Starts a server whose backend runs `concurrency` jobs at once. */
export async function startStage(environment: Environment = {}, concurrency = 16): Promise<Stage> {
  const jobIds = new Map<string, string>();
  const isLogged = async (prompt: string, percent: number) => {
    const jobId = jobIds.get(prompt) ?? (await findJob(darkroom.url, prompt));
    jobIds.set(prompt, jobId);
    return darkroom.log.peek(jobId)?.job.percent === percent;
  };
  const backend = new Backend(concurrency, isLogged);
  const darkroom = await startDarkroom(environment, { providers: [backend.provider], webRoot: inject('webRoot') });
  return {
    url: darkroom.url,
    backend,
    async begin(options) {
      const prompt = newPrompt();
      const { id } = await createJob(darkroom.url, prompt, { steps: 10, ...options });
      return { jobId: id, prompt, run: await backend.run(prompt) };
    },
    close: () => darkroom.stop(),
  };
}
