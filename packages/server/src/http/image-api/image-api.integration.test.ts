import { ImageJob, ImageStatusResponse } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { ProviderError } from '../../provider-error.ts';
import { expectError, startManual } from '../../testing/api.ts';
import { eventually } from '../../testing/eventually.ts';
import { createVisitor, type Visitor } from '../../testing/visitor.ts';

async function start() {
  const server = await startManual();
  const visitor = createVisitor(server.url);
  return { ...server, visitor };
}

async function generate(visitor: Visitor, body: object): Promise<ImageJob> {
  const response = await visitor.ask('POST', '/image/generate', body);
  expect(response.status).toBe(201);
  return ImageJob.parse(await response.json());
}

const statusOf = async (visitor: Visitor, jobId: string) =>
  ImageJob.parse(await (await visitor.ask('GET', `/image/job/${jobId}/status`)).json());

describe('/image', () => {
  it('[M9] generate makes a job, status follows it to its picture', async () => {
    const { visitor, provider } = await start();
    const made = await generate(visitor, { prompt: 'a cat', steps: 5, size: '768', seed: 7 });
    expect(made).toMatchObject({
      status: 'queued',
      progress: 0,
      prompt: 'a cat',
      image_url: null,
      error: null,
      message_id: null,
      conversation_id: null,
    });
    const run = await provider.nextRun();
    expect(run.request).toMatchObject({ prompt: 'a cat', size: 768, steps: 5, seed: 7 });
    await run.step(2);
    await eventually(async () => (await statusOf(visitor, made.job_id)).progress === 40);
    expect(await statusOf(visitor, made.job_id)).toMatchObject({ status: 'processing', queue_position: 0 });
    await run.finish();
    await eventually(async () => (await statusOf(visitor, made.job_id)).status === 'complete');
    const done = await statusOf(visitor, made.job_id);
    expect(done).toMatchObject({ progress: 100, image_url: expect.stringMatching(/\.png$/) });
    expect((await visitor.ask('GET', done.image_url ?? '')).status).toBe(200);
  });

  it('[M9] with conversation_id the picture is a turn of that conversation, told to its owner only', async () => {
    const { visitor, url } = await start();
    const { id } = await visitor.converse();
    const made = await generate(visitor, { prompt: 'a cat', conversation_id: id });
    const last = await visitor.last(id);
    expect(made).toMatchObject({ conversation_id: id, message_id: last.id });
    expect(last.extra_metadata).toMatchObject({ job_id: made.job_id, prompt: 'a cat' });
    const stranger = await statusOf(createVisitor(url), made.job_id);
    expect(stranger).toMatchObject({ prompt: 'a cat', conversation_id: null, message_id: null });
    const body = { prompt: 'a cat', conversation_id: id };
    const refused = await createVisitor(url).ask('POST', '/image/generate', body);
    await expectError(refused, 'NOT_FOUND', 'conversation_id');
  });

  it('[M9] the status names the queue and one’s own jobs with their places', async () => {
    const { visitor, provider, url } = await start();
    const first = await generate(visitor, { prompt: 'one' });
    await provider.nextRun();
    await generate(createVisitor(url), { prompt: 'somebody’s' });
    const second = await generate(visitor, { prompt: 'two' });
    const status = ImageStatusResponse.parse(await (await visitor.ask('GET', '/image/status')).json());
    expect(status).toMatchObject({ queue_size: 2, processing: 1 });
    expect(status.jobs.map(({ job_id, queue_position }) => [job_id, queue_position])).toEqual([
      [second.job_id, 2],
      [first.job_id, 0],
    ]);
  });

  it('[M9] cancel stops it; failures are said in words', async () => {
    const { visitor, provider } = await start();
    const failing = await generate(visitor, { prompt: 'one' });
    (await provider.nextRun()).end(new ProviderError('PROVIDER_REJECTED'));
    await eventually(async () => (await statusOf(visitor, failing.job_id)).status === 'error');
    expect((await statusOf(visitor, failing.job_id)).error).toMatch(/\w+ .+/);
    const cancel = (jobId: string) => visitor.ask('DELETE', `/image/job/${jobId}/cancel`);
    const waiting = await generate(visitor, { prompt: 'two' });
    const answer = ImageJob.parse(await (await cancel(waiting.job_id)).json());
    expect(answer).toMatchObject({ status: 'error', error: 'The picture was cancelled.' });
    await expectError(await cancel(failing.job_id), 'WRONG_STATE');
    await expectError(await cancel('nothing'), 'NOT_FOUND', 'job_id');
    await expectError(await visitor.ask('GET', '/image/job/nothing/status'), 'NOT_FOUND', 'job_id');
  });

  it.each([
    [{}, 'INVALID_PROMPT', 'prompt'],
    [{ prompt: ' ' }, 'INVALID_PROMPT', 'prompt'],
    [{ prompt: 'a', steps: 4 }, 'INVALID_REQUEST', 'steps'],
    [{ prompt: 'a', cfg_scale: 99 }, 'INVALID_REQUEST', 'cfg_scale'],
    [{ prompt: 'a', negativePrompt: 'b' }, 'INVALID_REQUEST', 'negativePrompt'],
  ] as const)('[R6] %j is refused by name', async (body, code, field) => {
    const { visitor } = await start();
    const response = await visitor.ask('POST', '/image/generate', body);
    expect((await expectError(response, code, field)).status).toBe(400);
  });

  it('the API describes conversations and these routes', async () => {
    const { visitor } = await start();
    const text = await (await visitor.ask('GET', '/api/openapi.json')).text();
    for (const path of [
      '/api/conversations',
      '/api/conversations/{id}/messages',
      '/api/conversations/{id}/messages/{messageId}/versions',
      '/api/jobs/{jobId}/move',
      '/api/jobs/cancel-mine',
      '/image/generate',
      '/image/job/{job_id}/cancel',
    ])
      expect(text).toContain(`"${path}"`);
  });

  it('an unknown address is 404 with an error body', async () => {
    const { visitor } = await start();
    const answer = await visitor.ask('GET', '/image/nothing', undefined, { accept: 'text/html' });
    await expectError(answer, 'NOT_FOUND');
  });
});
