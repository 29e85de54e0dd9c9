import { type Job, type JobOptions, JobResponse, JobSnapshotResponse, type ProgressEvent } from '@darkroom/protocol';

let jobs = 0;

/** A prompt that no other job of this process has. */
export function newPrompt(): string {
  jobs++;
  return `A quiet harbour at dawn, number ${jobs}`;
}

/** Creates a job by the API of the server at `url`. */
export async function createJob(url: string, prompt: string, options: JobOptions = { steps: 10 }): Promise<Job> {
  const response = await fetch(`${url}/api/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ prompt, options }),
  });
  return JobResponse.parse(await response.json()).job;
}

/** A job's whole log, as the server at `url` has it. */
export async function readLog(url: string, jobId: string): Promise<readonly ProgressEvent[]> {
  const events: ProgressEvent[] = [];
  for (let more = true; more; ) {
    const response = await fetch(`${url}/api/jobs/${jobId}?after=${events.length}`);
    const page = JobSnapshotResponse.parse(await response.json());
    events.push(...page.events);
    more = page.more;
  }
  return events;
}
