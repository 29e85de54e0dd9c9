import { ImageJob, JobListResponse, JobResponse, LIMITS } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { ProviderError } from '../../provider-error.ts';
import { expectError, postAction, postJob, postJson, startManual } from '../../testing/api.ts';
import { eventually } from '../../testing/eventually.ts';
import { createVisitor, type Visitor } from '../../testing/visitor.ts';

const JOB = 'a'.repeat(22);

describe('POST /api/jobs', () => {
  it('[R1] answers 201 with the job and its address once it can be read', async () => {
    const { url } = await startManual();
    const response = await postJson(`${url}/api/jobs`, { prompt: '  a cat ', options: { size: '768', steps: 7 } });
    expect(response.status).toBe(201);
    const { job } = JobResponse.parse(await response.json());
    expect(job).toMatchObject({ prompt: 'a cat', options: { size: '768', steps: 7 } });
    expect(response.headers.get('location')).toBe(`/api/jobs/${job.id}`);
    expect((await fetch(`${url}/api/jobs/${job.id}`)).status).toBe(200);
  });

  it('[R1] with an Idempotency-Key the same request gets the first job, a different one 409', async () => {
    const { url } = await startManual();
    const post = (prompt: string) => postJson(`${url}/api/jobs`, { prompt }, { 'idempotency-key': 'key-1' });
    const answers = await Promise.all([post('a cat'), post('a cat'), post('a cat')]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 201]);
    const jobs = await Promise.all(answers.map(async (answer) => JobResponse.parse(await answer.json()).job.id));
    expect(new Set(jobs).size).toBe(1);
    const conflict = await expectError(await post('a dog'), 'IDEMPOTENCY_CONFLICT', 'Idempotency-Key');
    expect(conflict.status).toBe(409);
    const page = JobListResponse.parse(await (await fetch(`${url}/api/jobs`)).json());
    expect(page.jobs).toHaveLength(1);
  });

  it.each([
    ['/api/jobs', JobResponse.parse],
    ['/image/generate', (answer: unknown) => ({ job: { id: ImageJob.parse(answer).job_id } })],
  ] as const)('[R1] [R9] %s: two visitors with the same key each get their own job', async (path, parse) => {
    const { url } = await startManual();
    const [ada, bob] = [createVisitor(url), createVisitor(url)];
    for (const visitor of [ada, bob]) await visitor.converse();
    const post = async (visitor: Visitor, prompt: string) => {
      const response = await visitor.ask('POST', path, { prompt }, { 'idempotency-key': 'key-1' });
      return [response.status, parse(await response.json()).job.id] as const;
    };
    const [hers, his] = [await post(ada, 'a cat'), await post(bob, 'a cat')];
    expect([hers[0], his[0]]).toEqual([201, 201]);
    expect(his[1]).not.toBe(hers[1]);
    expect([await post(ada, 'a cat'), await post(bob, 'a cat')]).toEqual([
      [200, hers[1]],
      [200, his[1]],
    ]);
  });

  it('[R1] [R9] a very first request is recognised when it is repeated, with the identity it gave or without', async () => {
    const { url } = await startManual();
    const visitor = createVisitor(url);
    const headers = { 'idempotency-key': 'key-1' };
    const first = JobResponse.parse(
      await (await visitor.ask('POST', '/api/jobs', { prompt: 'a cat' }, headers)).json(),
    );
    expect(visitor.headers['cookie']).toBeDefined();
    // The answer was lost, with its cookie or after it.
    for (const again of [createVisitor(url), visitor]) {
      const response = await again.ask('POST', '/api/jobs', { prompt: 'a cat' }, headers);
      expect([response.status, JobResponse.parse(await response.json()).job.id]).toEqual([200, first.job.id]);
    }
  });

  it.each([
    ['no prompt', {}, 'INVALID_PROMPT', 'prompt'],
    ['an empty prompt', { prompt: '  ' }, 'INVALID_PROMPT', 'prompt'],
    ['a prompt too long', { prompt: 'p'.repeat(LIMITS.promptChars + 1) }, 'INVALID_PROMPT', 'prompt'],
    ['control characters', { prompt: 'a\u0000b' }, 'INVALID_PROMPT', 'prompt'],
    ['too few steps', { prompt: 'a', options: { steps: 4 } }, 'INVALID_REQUEST', 'options.steps'],
    ['too many steps', { prompt: 'a', options: { steps: 51 } }, 'INVALID_REQUEST', 'options.steps'],
    ['half a step', { prompt: 'a', options: { steps: 5.5 } }, 'INVALID_REQUEST', 'options.steps'],
    ['an unknown size', { prompt: 'a', options: { size: '640' } }, 'INVALID_REQUEST', 'options.size'],
    ['an unknown option', { prompt: 'a', options: { zoom: 7 } }, 'INVALID_REQUEST', 'options.zoom'],
    ['an unknown field', { prompt: 'a', prio: 1 }, 'INVALID_REQUEST', 'prio'],
    ['no object', '7', 'INVALID_REQUEST', 'body'],
    ['no JSON', '{', 'INVALID_REQUEST', 'body'],
    ['nothing', '', 'INVALID_REQUEST', 'body'],
  ] as const)('[R6][B4] %s is 400 and names the field', async (_what, body, code, field) => {
    const { url } = await startManual();
    const error = await expectError(await postJson(`${url}/api/jobs`, body), code, field);
    expect(error).toMatchObject({ status: 400, retryable: false });
  });

  it('[B4] the message names the bound', async () => {
    const { url } = await startManual();
    const message = async (body: unknown) =>
      (await (await postJson(`${url}/api/jobs`, body)).text()).match(/"message":"([^"]*)"/)?.[1];
    expect(await message({ prompt: 'a', options: { steps: 51 } })).toBe('options.steps must be at most 50.');
    expect(await message({ prompt: 'p'.repeat(2_001) })).toBe('prompt must be at most 2000 characters.');
    expect(await message({ prompt: '' })).toBe('prompt must not be empty.');
    expect(await message({ prompt: 'a', options: { size: '1' } })).toBe('options.size must be one of 512, 768, 1024.');
  });

  it('[R6] a body that is no JSON by its type is refused', async () => {
    const { url } = await startManual();
    const response = await fetch(`${url}/api/jobs`, {
      method: 'POST',
      body: 'prompt=a',
      headers: { 'content-type': 'text/csv' },
    });
    expect((await expectError(response, 'INVALID_REQUEST', 'Content-Type')).status).toBe(400);
  });

  it('[R6] a body over the bound is 413', async () => {
    const { url } = await startManual();
    const response = await postJson(`${url}/api/jobs`, { prompt: 'p'.repeat(LIMITS.httpBodyBytes) });
    expect((await expectError(response, 'TOO_LARGE', 'body')).status).toBe(413);
  });

  it('[R6] an Idempotency-Key too long is refused by name', async () => {
    const { url } = await startManual();
    const response = await postJson(`${url}/api/jobs`, { prompt: 'a' }, { 'idempotency-key': 'k'.repeat(129) });
    await expectError(response, 'INVALID_REQUEST', 'idempotency-key');
  });

  it('[R6] a full queue is 503 with Retry-After', async () => {
    const { url, provider } = await startManual({ MAX_QUEUED: '1' });
    await postJob(url);
    await provider.nextRun();
    await postJob(url);
    expect((await expectError(await postJson(`${url}/api/jobs`, { prompt: 'a' }), 'QUEUE_FULL')).status).toBe(503);
  });
});

describe('retry and cancel', () => {
  it('[R2] answer 200 with the job; cancelling a cancelled job too', async () => {
    const { url, provider } = await startManual();
    const { id } = await postJob(url);
    (await provider.nextRun()).end(new ProviderError('PROVIDER_TIMEOUT'));
    await eventually(async () => (await (await fetch(`${url}/api/jobs/${id}`)).text()).includes('"failed"'));
    expect(await postAction(url, id, 'retry')).toMatchObject({ id, status: 'queued', attempt: 2 });
    expect(await postAction(url, id, 'cancel')).toMatchObject({ status: 'cancelled' });
    expect(await postAction(url, id, 'cancel')).toMatchObject({ status: 'cancelled' });
  });

  it('[R2] in the wrong state 409, of an unknown job 404', async () => {
    const { url } = await startManual();
    const { id } = await postJob(url);
    const post = (jobId: string, action: string) => fetch(`${url}/api/jobs/${jobId}/${action}`, { method: 'POST' });
    expect((await expectError(await post(id, 'retry'), 'WRONG_STATE')).status).toBe(409);
    for (const action of ['retry', 'cancel'])
      expect((await expectError(await post(JOB, action), 'NOT_FOUND', 'jobId')).status).toBe(404);
  });

  it('[R2] take a POST with a JSON content type and no body, as some clients send it', async () => {
    const { url } = await startManual();
    const { id } = await postJob(url);
    const response = await postJson(`${url}/api/jobs/${id}/cancel`, '{}');
    expect(response.status).toBe(200);
  });
});

describe('GET /api/jobs', () => {
  it('[R3] pages through all jobs, newest first', async () => {
    const { url } = await startManual();
    const made = [];
    for (let index = 0; index < 5; index++) made.push((await postJob(url, `job ${index}`)).id);
    const seen: string[] = [];
    let cursor: string | null = '';
    do {
      const query: string = cursor === '' ? '?limit=2' : `?limit=2&cursor=${cursor}`;
      const page = JobListResponse.parse(await (await fetch(`${url}/api/jobs${query}`)).json());
      seen.push(...page.jobs.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== null && seen.length < 20);
    expect([...seen].sort()).toEqual([...made].sort());
  });

  it.each([
    ['limit', '?limit=0'],
    ['limit', `?limit=${LIMITS.jobsPerPage + 1}`],
    ['cursor', '?cursor=nonsense'],
    ['cursor', `?cursor=${'c'.repeat(129)}`],
  ])('[R6] a bad %s is refused by name (%s)', async (field, query) => {
    const { url } = await startManual();
    expect((await expectError(await fetch(`${url}/api/jobs${query}`), 'INVALID_REQUEST', field)).status).toBe(400);
  });
});

describe('Pictures', () => {
  it('[R4] are the bytes, immutable, with a name for saving', async () => {
    const { url, provider, log } = await startManual();
    const { id } = await postJob(url);
    await (await provider.nextRun()).finish();
    await eventually(() => log.peek(id)?.job.status === 'completed');
    const [path] = log.peek(id)?.job.resultUrls ?? [];
    const response = await fetch(`${url}${path}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('image/png');
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(response.headers.get('content-disposition')).toMatch(/^inline; filename="darkroom-.+\.png"$/);
    expect(
      Buffer.from(await response.arrayBuffer())
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG');
    const download = await fetch(`${url}${path}?download`);
    expect(download.headers.get('content-disposition')).toMatch(/^attachment; filename="darkroom-.+\.png"$/);
  });

  it.each([
    'images/1-000000000000.png',
    'images/..%2f..%2f..%2fdarkroom.sqlite',
    'images/%2e%2e%2f%2e%2e%2fdarkroom.sqlite',
    'frames/1-abc.jpg',
    'images/.check',
  ])('[R4] nothing else is given out: %s', async (path) => {
    const { url } = await startManual();
    const { id } = await postJob(url);
    expect((await fetch(`${url}/api/jobs/${id}/${path}`)).status).toBe(404);
  });
});

describe('Errors', () => {
  it.each([
    ['GET', '/api/nothing'],
    ['GET', '/assets/nothing.js'],
    ['POST', '/'],
    ['DELETE', `/api/jobs/${JOB}`],
  ])('[R6] %s %s is 404 with an error body', async (method, path) => {
    const { url } = await startManual();
    expect((await expectError(await fetch(`${url}${path}`, { method }), 'NOT_FOUND')).status).toBe(404);
  });

  it('[R6] an address over the bound is 413', async () => {
    const { url } = await startManual();
    const response = await fetch(`${url}/api/jobs?cursor=${'x'.repeat(LIMITS.urlChars)}`);
    expect((await expectError(response, 'TOO_LARGE', 'url')).status).toBe(413);
  });

  it('[R6] an address that cannot be decoded is 400', async () => {
    const { url } = await startManual();
    expect((await expectError(await fetch(`${url}/api/jobs/%E0%A4%A`), 'INVALID_REQUEST')).status).toBe(400);
  });

  it('[R6] over the rate limit 429 with Retry-After', async () => {
    const { url } = await startManual({ RATE_LIMIT: '3/minute' });
    for (let count = 0; count < 3; count++) expect((await fetch(`${url}/api/jobs`)).status).toBe(200);
    const error = await expectError(await fetch(`${url}/api/jobs`), 'RATE_LIMITED');
    expect(error).toMatchObject({ status: 429, retryable: true });
  });

  it('the API describes itself', async () => {
    const { url } = await startManual();
    const text = await (await fetch(`${url}/api/openapi.json`)).text();
    for (const path of ['/api/jobs', '/api/jobs/{jobId}', '/api/jobs/{jobId}/events', '/api/generate', '/api/health'])
      expect(text).toContain(`"${path}"`);
  });
});
