import { JobListResponse, JobResponse, UploadResponse } from '@darkroom/protocol';
import { expect } from 'vitest';
import { ProviderError } from '../provider-error.ts';
import { getSnapshot, readLog } from './api.ts';
import { eventually } from './eventually.ts';
import { createScriptedProvider, instantly, stepByStep, TINY_PNG } from './scripted-provider.ts';
import { startDarkroom } from './test-darkroom.ts';
import { createVisitor, type Visitor } from './visitor.ts';

/** An idempotency key that a sample Darkroom knows, and the request that was made under it. */
export const KNOWN_KEY = { 'idempotency-key': 'known' };
export const KNOWN_REQUEST = { prompt: 'job 0', options: { steps: 5 } };

/** A data folder whose Darkroom has stopped, and what its visitor saw there. */
export interface SampleDarkroom {
  readonly dataDir: string;
  /** Headers that make whoever sends them its visitor. */
  readonly visitor: Visitor['headers'];
  readonly conversationId: string;
  readonly seen: Awaited<ReturnType<typeof observe>>;
}

async function listJobs({ ask }: Visitor, query: string) {
  const jobs = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const response = await ask('GET', `/api/jobs?limit=100&${query}${cursor && `&cursor=${cursor}`}`);
    const page = JobListResponse.parse(await response.json());
    jobs.push(...page.jobs);
    cursor = page.nextCursor;
  }
  return jobs;
}

async function fetchPicture(url: string) {
  const response = await fetch(url);
  const bytes = Buffer.from(await response.arrayBuffer()).toString('base64');
  return { status: response.status, type: response.headers.get('content-type'), bytes };
}

/** What a visitor can see of jobs that are over: the jobs with every event and every picture, the conversations, the upload. */
export async function observe(
  url: string,
  visitor: Visitor,
  { conversationId, upload }: Record<'conversationId' | 'upload', string>,
) {
  const isOver = ({ status }: { status: string }) => ['completed', 'failed', 'cancelled'].includes(status);
  const jobs = (await listJobs(visitor, '')).filter(isOver);
  const logs = await Promise.all(jobs.map(({ id }) => readLog(url, id)));
  const addresses = new Set(JSON.stringify([jobs, logs]).match(/\/api\/jobs\/[\w-]{22}\/\w+\/[\w.-]+/g));
  const pictures = await Promise.all(
    [...addresses, upload].map(async (address) => [address, await fetchPicture(url + address)] as const),
  );
  return {
    jobs,
    mine: (await listJobs(visitor, 'mine=true')).filter(isOver).map(({ id }) => id),
    logs,
    pictures: Object.fromEntries(pictures),
    conversations: await (await visitor.ask('GET', '/api/conversations')).json(),
    messages: await visitor.messages(conversationId),
    upload,
  };
}

/** A backend that paints at once, shows previews of boats only, and fails whoever asks for that. */
const createPainter = () =>
  createScriptedProvider(
    async function* (request, context) {
      if (request.prompt.includes('fail')) throw new ProviderError('PROVIDER_TIMEOUT');
      yield* request.prompt.includes('boat') ? stepByStep(request, context) : instantly();
    },
    { concurrency: 4 },
  );

/**
 * Fills a folder with a Darkroom in which a visitor has made `count` jobs, one that began with an upload, one that failed
 * twice, and a conversation with a picture; all of it is over.
 */
export async function makeSampleDarkroom(dataDir: string, count = 3): Promise<SampleDarkroom> {
  const darkroom = await startDarkroom({ DATA_DIR: dataDir }, { providers: [createPainter()] });
  const visitor = createVisitor(darkroom.url);
  const { id: conversationId } = await visitor.converse('Boats 🛶');
  const submit = async (body: unknown, headers = {}) => {
    const response = await visitor.ask('POST', '/api/jobs', body, headers);
    expect(response.status).toBe(201);
    return JobResponse.parse(await response.json()).job;
  };
  await submit(KNOWN_REQUEST, KNOWN_KEY);
  for (let index = 1; index < count; index++) await submit({ prompt: `job ${index}`, options: { steps: 5 } });
  const sent = await fetch(`${darkroom.url}/api/uploads`, {
    method: 'POST',
    body: TINY_PNG,
    headers: { 'content-type': 'image/png' },
  });
  const { url: upload } = UploadResponse.parse(await sent.json()).upload;
  await submit({ prompt: 'from an upload', options: { image: upload, steps: 5 } });
  const failing = await submit({ prompt: 'fail', options: { steps: 5 } });
  await visitor.say(conversationId, { content: 'hello, who are you? ğüşıöç' });
  await visitor.say(
    conversationId,
    { content: 'draw a red boat', options: { steps: 5 } },
    { 'idempotency-key': 'turn' },
  );
  await eventually(async () => (await getSnapshot(darkroom.url, failing.id)).job.status === 'failed');
  await visitor.ask('POST', `/api/jobs/${failing.id}/retry`);
  await eventually(async () => (await listJobs(visitor, 'mine=true&state=active')).length === 0);
  const seen = await observe(darkroom.url, visitor, { conversationId, upload });
  expect(seen.jobs).toHaveLength(count + 3);
  await darkroom.stop();
  return { dataDir, visitor: visitor.headers, conversationId, seen };
}
