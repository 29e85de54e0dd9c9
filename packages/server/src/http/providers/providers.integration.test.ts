import { JobResponse, ProvidersResponse } from '@darkroom/protocol';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { ProviderError } from '../../provider-error.ts';
import { expectError, getSnapshot, postJob, postJson, startManual } from '../../testing/api.ts';
import { eventually } from '../../testing/eventually.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { createManualProvider } from '../../testing/manual-provider.ts';

const providersOf = async (url: string) => {
  const response = await fetch(`${url}/api/providers`);
  expect(response.headers.get('cache-control')).toBe('no-store');
  return ProvidersResponse.parse(await response.json()).providers;
};

const statusOf = async (url: string, id: string) => (await getSnapshot(url, id)).job.status;

describe('GET /api/providers', () => {
  it('[R8] tells each backend’s health, breaker, load and abilities, in order of preference', async () => {
    const one = createManualProvider({ name: 'one', capabilities: { sizes: ['512'], samplers: ['Euler'] } });
    const two = createManualProvider({ name: 'two', concurrency: 3 });
    two.health = async () => ({ ok: false, message: 'It is out.' });
    const { url } = await startManual({}, { providers: [one, two] });
    await postJob(url);
    await one.nextRun();
    const providers = await providersOf(url);
    expect(providers).toMatchObject([
      { name: 'one', kind: 'scripted', ok: true, concurrency: 1, running: 1, breaker: 'closed', recentFailures: [] },
      { name: 'two', kind: 'scripted', ok: false, message: 'It is out.', concurrency: 3, running: 0 },
    ]);
    expect(providers[0]?.capabilities).toMatchObject({ sizes: ['512'], samplers: ['Euler'], models: null });
    expect(providers[0]).not.toHaveProperty('meanMs');
    const health = await (await fetch(`${url}/api/health`)).json();
    expect(health).toMatchObject({ ok: true, providers });
  });

  it('[R8][C7] tells failures newest first, and since when and until when a backend rests', async () => {
    const provider = createManualProvider();
    const clock = new FakeClock();
    const { url } = await startManual({ BREAKER_FAILURES: '2' }, { providers: [provider], clock });
    for (const message of ['First.', 'Second.']) {
      const { id } = await postJob(url);
      (await provider.nextRun()).end(new ProviderError('SERVER_ERROR', message));
      await eventually(async () => (await statusOf(url, id)) === 'failed');
    }
    const [status] = await providersOf(url);
    expect(status).toMatchObject({ ok: false, breaker: 'open' });
    expect(status?.recentFailures.map(({ error }) => error.message)).toEqual(['Second.', 'First.']);
    expect(status?.retryAt).toBe(new Date(clock.now() + 60_000).toISOString());
    expect((await fetch(`${url}/api/health`)).status).toBe(503);
  });

  it('[C7] a job fails at once while every backend rests, with a picture in the result’s place', async () => {
    const provider = createManualProvider();
    const { url } = await startManual({ BREAKER_FAILURES: '1' }, { providers: [provider], clock: new FakeClock() });
    const first = await postJob(url);
    (await provider.nextRun()).end(new ProviderError('NETWORK_DISCONNECTED'));
    await eventually(async () => (await statusOf(url, first.id)) === 'failed');
    const { id } = await postJob(url);
    await eventually(async () => (await statusOf(url, id)) === 'failed');
    const { job, events } = await getSnapshot(url, id, '?after=0');
    expect(events.map(({ stage }) => stage)).toEqual(['queued', 'failed']);
    expect(job.error).toMatchObject({
      code: 'SERVER_ERROR',
      retryable: true,
      message: 'No backend is answering right now. Try again in a minute.',
    });
    const placeholder = await fetch(url + job.previewUrl);
    expect(placeholder.headers.get('cache-control')).toContain('immutable');
    const metadata = await sharp(Buffer.from(await placeholder.arrayBuffer())).metadata();
    expect(metadata).toMatchObject({ format: 'png', width: 1_024, height: 1_024 });
  });
});

describe('An option that no backend can do', () => {
  const providers = () => [
    createManualProvider({ name: 'one', capabilities: { sizes: ['512'], samplers: ['Euler'], cfg: false } }),
    createManualProvider({ name: 'two', capabilities: { sizes: ['768'], samplers: [], models: [] } }),
  ];

  it.each([
    [{ size: '1024' }, 'options.size', 'No backend can do 1024 px.'],
    [{ sampler: 'DPM' }, 'options.sampler', 'No backend can use the sampler “DPM”.'],
    [{ size: '768', sampler: 'Euler' }, 'options.sampler', /^No backend can .+ together with the other options\.$/],
    [{ provider: 'two', size: '512' }, 'options.size', 'two cannot do 512 px.'],
    [{ provider: 'three' }, 'options.provider', 'There is no backend “three”.'],
  ])('[R8] %j is refused at once, with the field', async (options, field, message) => {
    const { url } = await startManual({}, { providers: providers() });
    const answer = await postJson(`${url}/api/jobs`, { prompt: 'a cat', options });
    const error = await expectError(answer, 'UNSUPPORTED_OPTION', field);
    expect(error).toMatchObject({ status: 422, retryable: false });
    expect(error.message).toMatch(message);
  });

  it('[R8][R5] names the field as the request does', async () => {
    const { url } = await startManual({}, { providers: providers() });
    await expectError(await fetch(`${url}/api/generate?prompt=a&size=1024`), 'UNSUPPORTED_OPTION', 'size');
  });

  it('[R8] what is not asked for is filled in with what the preferred backend can do', async () => {
    const provider = createManualProvider({ capabilities: { sizes: ['1024'] } });
    const { url } = await startManual({}, { providers: [provider] });
    const { job } = JobResponse.parse(await (await postJson(`${url}/api/jobs`, { prompt: 'a cat' })).json());
    expect(job.options).toMatchObject({ size: '1024', steps: 20 });
    expect((await provider.nextRun()).request.size).toBe(1_024);
  });
});
