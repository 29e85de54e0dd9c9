import { type Job, JobListResponse, type JobOptions } from '@darkroom/protocol';
import type { Environment } from '@darkroom/server/src/config.ts';
import { createLineLogger } from '@darkroom/server/src/testing/line-logger.ts';
import { startDarkroom } from '@darkroom/server/src/testing/test-darkroom.ts';
import { inject } from 'vitest';
import { createJob, newPrompt } from './api.ts';
import { Backend, type Run, type StagedBackend } from './backend.ts';
import { keepServerLog } from './server-log.ts';

/** A job and its first run. */
export interface Begun {
  readonly jobId: string;
  readonly prompt: string;
  readonly run: Run;
}

/** A real server in this process, with backends that the tests steer. */
export interface Stage {
  /** Where it listens. */
  readonly url: string;
  /** The first, and where nothing else is said the only one. */
  readonly backend: Backend;
  /** The backend of this name. */
  named(name: string): Backend;
  /** Creates a job and waits until its backend has begun it. */
  begin(options?: JobOptions): Promise<Begun>;
  close(): Promise<void>;
}

let stages = 0;

/** The newest job with this prompt. */
async function findJob(url: string, prompt: string): Promise<string> {
  const response = await fetch(`${url}/api/jobs?limit=100`);
  const { jobs } = JobListResponse.parse(await response.json());
  const job = jobs.find((known) => known.prompt === prompt);
  if (job === undefined) throw new Error(`there is no job with the prompt “${prompt}”`);
  return job.id;
}

/** Percent of the whole job, as it is logged, when `percent` of the picture at hand is done. */
function overall({ options, resultUrls = [] }: Job, percent: number): number {
  return Math.round((10 * (100 * resultUrls.length + percent)) / (options?.count ?? 1)) / 10;
}

/** Starts a server with one backend, or with as many as are described, in order of preference. */
export async function startStage(
  environment: Environment = {},
  first: StagedBackend = {},
  ...others: readonly StagedBackend[]
): Promise<Stage> {
  const jobIds = new Map<string, string>();
  const isLogged = async (prompt: string, percent: number) => {
    const jobId = jobIds.get(prompt) ?? (await findJob(darkroom.url, prompt));
    jobIds.set(prompt, jobId);
    const job = darkroom.log.peek(jobId)?.job;
    return job !== undefined && job.percent === overall(job, percent);
  };
  const backend = new Backend(first, isLogged);
  const backends = [backend, ...others.map((traits) => new Backend(traits, isLogged))];
  const providers = backends.map(({ provider }) => provider);
  stages++;
  const logger = createLineLogger(keepServerLog(`stage ${stages}`));
  const darkroom = await startDarkroom(environment, { providers, webRoot: inject('webRoot'), logger });
  const named = (name: string) => {
    const found = backends.find(({ provider }) => provider.name === name);
    if (found === undefined) throw new Error(`there is no backend ${name}`);
    return found;
  };
  return {
    url: darkroom.url,
    backend,
    named,
    async begin(options) {
      const prompt = newPrompt();
      const doing = options?.provider === undefined ? backend : named(options.provider);
      const { id } = await createJob(darkroom.url, prompt, { steps: 10, ...options });
      return { jobId: id, prompt, run: await doing.run(prompt) };
    },
    close: () => darkroom.stop(),
  };
}
