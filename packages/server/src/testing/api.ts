import {
  ApiErrorBody,
  type ApiErrorCode,
  type Job,
  JobResponse,
  JobSnapshotResponse,
  type ProgressEvent,
} from '@darkroom/protocol';
import { expect, onTestFinished } from 'vitest';
import type { Overrides } from '../compose.ts';
import type { Environment } from '../config.ts';
import { createManualProvider } from './manual-provider.ts';
import { startDarkroom } from './test-darkroom.ts';

/** A server whose provider does what the test says; it stops when the test ends. */
export async function startManual(environment: Environment = {}, overrides: Overrides = {}) {
  const provider = createManualProvider();
  const darkroom = await startDarkroom(environment, { providers: [provider], ...overrides });
  onTestFinished(() => darkroom.stop());
  return { ...darkroom, provider };
}

export const postJson = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

/** Makes a job over HTTP. */
export async function postJob(url: string, prompt = 'a lighthouse', steps = 5): Promise<Job> {
  const response = await postJson(`${url}/api/jobs`, { prompt, options: { steps } });
  expect(response.status).toBe(201);
  return JobResponse.parse(await response.json()).job;
}

export async function postAction(url: string, jobId: string, action: 'cancel' | 'retry'): Promise<Job> {
  const response = await fetch(`${url}/api/jobs/${jobId}/${action}`, { method: 'POST' });
  expect(response.status).toBe(200);
  return JobResponse.parse(await response.json()).job;
}

export async function getSnapshot(url: string, jobId: string, query = ''): Promise<JobSnapshotResponse> {
  const response = await fetch(`${url}/api/jobs/${jobId}${query}`);
  expect(response.status).toBe(200);
  return JobSnapshotResponse.parse(await response.json());
}

/** Every event of a job, from the first on. */
export async function readLog(url: string, jobId: string): Promise<readonly ProgressEvent[]> {
  const events: ProgressEvent[] = [];
  for (let more = true; more; ) {
    const page = await getSnapshot(url, jobId, `?after=${events.length}`);
    events.push(...page.events);
    more = page.more;
  }
  return events;
}

/** Follows a job until its log so far is what a test waits for; resolves with that log. */
export async function untilLog(
  url: string,
  jobId: string,
  isReached: (events: readonly ProgressEvent[]) => boolean,
): Promise<readonly ProgressEvent[]> {
  const events: ProgressEvent[] = [];
  do events.push(...(await getSnapshot(url, jobId, `?after=${events.length}&wait=20`)).events);
  while (!isReached(events));
  return events;
}

/** The last event is of this stage. */
export const isAt =
  (stage: Job['status']) =>
  (events: readonly ProgressEvent[]): boolean =>
    events.at(-1)?.stage === stage;

/** An event of this attempt tells of this step. */
export const hasStep =
  (step: number, attempt = 1) =>
  (events: readonly ProgressEvent[]): boolean =>
    events.some((event) => event.step === step && event.attempt === attempt);

/** Checks rule R6 on an answer that refuses. */
export async function expectError(response: Response, code: ApiErrorCode, field?: string) {
  const { error } = ApiErrorBody.parse(await response.json());
  expect(error).toMatchObject({ code, ...(field !== undefined && { field }) });
  if (field === undefined) expect(error.field).toBeUndefined();
  if (response.status === 429 || response.status === 503)
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  return { ...error, status: response.status };
}
