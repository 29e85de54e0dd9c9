import {
  type FakeBackend,
  startFakeComfyui,
  startFakeFal,
  startFakeForge,
  startFakeOpenai,
  startFakeReplicate,
  startFakeSdcpp,
} from '@darkroom/fake-backends';
import { type Job, JobResponse } from '@darkroom/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Environment } from './config.ts';
import { getSnapshot, postAction, postJob, postJson } from './testing/api.ts';
import { spawnServer } from './testing/child-server.ts';
import { eventually } from './testing/eventually.ts';
import { tempFolder } from './testing/temp-folder.ts';
import { startDarkroom } from './testing/test-darkroom.ts';

interface Resumable {
  readonly start: () => Promise<FakeBackend>;
  readonly provider: (url: string) => string;
}

const RESUMABLE: Readonly<Record<string, Resumable>> = {
  comfyui: { start: () => startFakeComfyui(), provider: (url) => `comfyui+${url}` },
  sdcpp: { start: () => startFakeSdcpp(), provider: (url) => `sdcpp+${url}` },
  replicate: {
    start: () => startFakeReplicate(),
    provider: (url) => `replicate:stability-ai/sdxl?baseUrl=${encodeURIComponent(`${url}/v1`)}`,
  },
  fal: { start: () => startFakeFal(), provider: (url) => `fal:fal-ai/flux/dev?baseUrl=${encodeURIComponent(url)}` },
};

const SECRETS = { OPENAI_API_KEY: 'test', REPLICATE_API_TOKEN: 'r8_test', FAL_KEY: 'test:key' };

async function start({ start: startFake, provider }: Resumable) {
  const fake = await startFake();
  onTestFinished(() => fake.close());
  return { fake, environment: { DATA_DIR: await tempFolder(), PROVIDERS: provider(fake.url), ...SECRETS } };
}

/** Makes a job for one of the backends. */
async function postJobTo(url: string, provider: string): Promise<Job> {
  const response = await postJson(`${url}/api/jobs`, { prompt: 'a lighthouse', options: { steps: 5, provider } });
  expect(response.status).toBe(201);
  return JobResponse.parse(await response.json()).job;
}

/** Resolves with the job once it satisfies the condition, asking no oftener than something happens. */
async function follow(url: string, id: string, condition: (job: Job) => boolean): Promise<Job> {
  for (let after = 0; ; ) {
    const { job, head } = await getSnapshot(url, id, `?after=${after}&wait=10`);
    if (condition(job)) return job;
    after = head;
  }
}

const isCompleted = ({ status }: Job) => status === 'completed';

async function open(environment: Environment) {
  const darkroom = await startDarkroom(environment);
  onTestFinished(() => darkroom.stop());
  return darkroom;
}

describe('A server that ends while a backend works', () => {
  const kinds = Object.entries(RESUMABLE).map(([kind, resumable]) => ({ kind, resumable }));

  /** A job that its backend holds. */
  async function begin(url: string, fake: FakeBackend, provider: string): Promise<string> {
    fake.plan({ kind: 'held' });
    const { id } = await postJobTo(url, provider);
    await follow(url, id, ({ upstreamId }) => upstreamId !== undefined);
    // ComfyUI's id is told before the work is submitted.
    await eventually(() => fake.alive === 1);
    return id;
  }

  /** The next server finds the work and its picture, without asking for another. */
  async function endsWithTheSame(url: string, fake: FakeBackend, id: string, kind: string): Promise<void> {
    expect(fake.alive, kind).toBe(1);
    fake.release();
    const job = await follow(url, id, isCompleted);
    expect(job, kind).toMatchObject({ provider: kind, attempt: 1 });
    expect(fake.submissions, kind).toHaveLength(1);
    expect((await fetch(`${url}${job.resultUrls?.[0]}`)).status, kind).toBe(200);
  }

  it('[J8] after a crash the next one goes on with the same work, whatever backend has it', async () => {
    const works = await Promise.all(kinds.map(async ({ kind, resumable }) => ({ kind, ...(await start(resumable)) })));
    const environment = {
      ...SECRETS,
      DATA_DIR: await tempFolder(),
      PROVIDERS: works.map((work) => work.environment.PROVIDERS).join(','),
    };
    const server = await spawnServer(environment);
    const begun = [];
    for (const { kind, fake } of works) begun.push({ kind, fake, id: await begin(server.url, fake, kind) });
    await server.kill('SIGKILL');
    const { url } = await open(environment);
    for (const { kind, fake, id } of begun) await endsWithTheSame(url, fake, id, kind);
  });

  it.each(kinds)(
    '[J8] $kind: after a planned stop the next one goes on with the same work',
    async ({ kind, resumable }) => {
      const { fake, environment } = await start(resumable);
      const server = await open(environment);
      const id = await begin(server.url, fake, kind);
      await server.stop();
      expect(fake.alive).toBe(1);
      const { url } = await open(environment);
      await endsWithTheSame(url, fake, id, kind);
    },
  );
});

describe('A server that ends while a backend works on what has no id', () => {
  const OPENAI: Resumable = {
    start: () => startFakeOpenai(),
    provider: (url) => `openai:gpt-image-2?baseUrl=${encodeURIComponent(`${url}/v1`)}`,
  };

  /** A job that its backend was asked for, and has not made yet. */
  async function begin(url: string, fake: FakeBackend): Promise<string> {
    fake.plan({ kind: 'held' });
    const { id } = await postJob(url);
    await eventually(() => fake.submissions.length === 1);
    return id;
  }

  it('[J3] after a crash nothing is submitted, and billed, again until a person says so', async () => {
    const { fake, environment } = await start(OPENAI);
    const server = await spawnServer(environment);
    const id = await begin(server.url, fake);
    await server.kill('SIGKILL');
    const { url } = await open(environment);
    const failed = await follow(url, id, ({ status }) => status === 'failed');
    expect(failed).toMatchObject({ attempt: 1, error: { code: 'SERVER_ERROR', retryable: true } });
    expect(failed.error?.message).toContain('may have been made there');
    expect(fake.submissions).toHaveLength(1);
    await postAction(url, id, 'retry');
    expect(await follow(url, id, isCompleted)).toMatchObject({ attempt: 2 });
    expect(fake.submissions).toHaveLength(2);
  });

  it('[J3] a planned stop waits for the picture', async () => {
    const { fake, environment } = await start(OPENAI);
    const server = await spawnServer(environment);
    const id = await begin(server.url, fake);
    const ended = server.kill('SIGTERM');
    await eventually(async () => (await fetch(`${server.url}/api/health`)).status === 503);
    fake.release();
    await ended;
    const { url } = await open(environment);
    expect((await getSnapshot(url, id)).job).toMatchObject({ status: 'completed', attempt: 1 });
    expect(fake.submissions).toHaveLength(1);
  });
});

describe('A backend that is not there', () => {
  it('[C6][C7][E4] is tried again, then another one makes the picture, and soon it is not asked any more', async () => {
    const [gone, works] = [await startFakeForge(), await startFakeSdcpp({ edge: 64 })];
    for (const fake of [gone, works]) onTestFinished(() => fake.close());
    gone.unplug();
    const server = await open({
      DATA_DIR: await tempFolder(),
      BREAKER_FAILURES: '5',
      PROVIDERS: `forge+${gone.url},sdcpp+${works.url}`,
      RETRY_DELAYS: '1ms,2ms,4ms',
    });
    const make = async () => {
      const { id } = await postJob(server.url);
      await follow(server.url, id, isCompleted);
      const { job, events } = await getSnapshot(server.url, id, '?after=0');
      expect(job).toMatchObject({ provider: 'sdcpp', attempt: 1 });
      return events.flatMap(({ notice }) => notice?.kind ?? []).filter((kind) => kind !== 'waiting');
    };
    expect(await make()).toEqual(['retry', 'retry', 'retry', 'failover']);
    expect(await make()).toEqual(['failover']);
    expect(await make()).toEqual([]);
  });
});
