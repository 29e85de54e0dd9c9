import { type FakeFal, startFakeFal } from '@darkroom/fake-backends';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registerProviderContract } from '../../provider.contract.ts';
import type { GenerateRequest, Provider, Update } from '../../provider.ts';
import { eventually } from '../../testing/eventually.ts';
import { type FalConfig, parseFalConfig } from './fal-config.ts';
import { createFalProvider } from './fal-provider.ts';

const configOf = (url: string, model = 'fal-ai/flux/dev', options = ''): FalConfig => ({
  ...parseFalConfig(new URL(`fal:${model}?baseUrl=${url}${options}`), { FAL_KEY: 'id:secret' }),
  pollMs: 10,
  outageMs: Number.POSITIVE_INFINITY,
});

const RETRYABLE = { code: 'SERVER_ERROR', retryable: true, mayStillRun: false } as const;

registerProviderContract({
  name: 'fal',
  startBackend: startFakeFal,
  createProvider: async (backend) => {
    const provider = createFalProvider(configOf(backend.url));
    // As the server does: it learns what the model can do.
    await provider.health();
    return provider;
  },
  outcomes: {
    // fal's runners say it as any other failure of theirs; the next run gets another machine.
    'out of memory': RETRYABLE,
    // Requests outlive whatever process answers for them.
    'restarted in the middle': 'picture',
  },
});

const REQUEST: GenerateRequest = {
  prompt: 'a lighthouse at dusk',
  negativePrompt: undefined,
  size: 512,
  steps: 4,
  cfg: undefined,
  sampler: undefined,
  model: undefined,
  style: undefined,
  seed: 42,
  input: undefined,
};

describe('FalProvider', () => {
  let backend: FakeFal;
  const providers: Provider[] = [];

  beforeEach(async () => {
    backend = await startFakeFal({ edge: 64 });
  });
  afterEach(async () => {
    await Promise.all(providers.splice(0).map((provider) => provider.close()));
    await backend.close();
  });

  const create = (config: Partial<FalConfig> = {}, model?: string, options?: string) => {
    const provider = createFalProvider({ ...configOf(backend.url, model, options), ...config });
    providers.push(provider);
    return provider;
  };
  /** A run whose updates can be seen before it ends. */
  const watch = (provider: Provider, request: Partial<GenerateRequest> = {}, resume?: string) => {
    const updates: Update[] = [];
    const context = { signal: new AbortController().signal, ...(resume !== undefined && { resume }) };
    const consume = async () => {
      for await (const update of provider.generate({ ...REQUEST, ...request }, context)) updates.push(update);
      return updates;
    };
    return { updates, ended: consume() };
  };
  const run = (...asked: Parameters<typeof watch>) => watch(...asked).ended;
  const failure = (provider: Provider, request?: Partial<GenerateRequest>, resume?: string) =>
    run(provider, request, resume).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );

  it('learns from the model’s document what may be chosen, and sends no other field', async () => {
    const provider = create({}, undefined, '&input.output_format=png');
    await provider.health();
    expect(provider.capabilities).toMatchObject({
      sizes: ['512', '768', '1024'],
      models: [],
      samplers: [],
      steps: true,
      seed: true,
      cfg: true,
      negativePrompt: false,
      imageToImage: true,
      previews: false,
      resume: true,
      cancel: 'detaches',
    });
    expect((await run(provider, { cfg: 3 })).at(-1)).toMatchObject({ image: { type: 'image/png' } });
    expect(backend.submissions[0]?.body).toEqual({
      prompt: 'a lighthouse at dusk',
      image_size: { width: 512, height: 512 },
      num_inference_steps: 4,
      guidance_scale: 3,
      seed: 42,
      num_images: 1,
      output_format: 'png',
    });
  });

  it('a model without a document gets what image models take as a rule', async () => {
    backend.tellsSchema = false;
    const provider = create();
    expect(await provider.health()).toEqual({ ok: true });
    await run(provider);
    expect(provider.capabilities).toMatchObject({ steps: true, cfg: true, imageToImage: false });
    expect(create({}, 'fal-ai/flux/dev/image-to-image').capabilities).toMatchObject({ imageToImage: true });
    expect(backend.submissions[0]?.body).toMatchObject({ image_size: { width: 512, height: 512 }, seed: 42 });
  });

  it('submits once, without fal’s own retries, with a limit and the key, and asks below the app', async () => {
    const [accepted] = await run(create({ timeoutMs: 90_000 }));
    expect(backend.submissionHeaders[0]).toMatchObject({
      authorization: 'Key id:secret',
      'x-fal-no-retry': '1',
      'x-fal-request-timeout': '90',
    });
    expect(accepted).toMatchObject({ upstreamId: expect.stringMatching(/^fal-ai\/flux:[\w-]+$/) });
    const [id] = backend.submissions.map(({ upstreamId }) => upstreamId);
    expect(backend.requests).toContain('POST /fal-ai/flux/dev');
    expect(backend.requests).toContain(`GET /fal-ai/flux/requests/${id}/status`);
    expect(backend.requests).toContain(`GET /fal-ai/flux/requests/${id}`);
  });

  it('the namespaces keep one part more', async () => {
    const [accepted] = await run(create({}, 'workflows/me/mine/fast'));
    expect(accepted).toMatchObject({ upstreamId: expect.stringMatching(/^workflows\/me\/mine:/) });
  });

  it('tells its place in fal’s queue, 1 being the next, and what the model logs', async () => {
    const provider = create({ concurrency: 4 });
    backend.steps.pause();
    const runs = [1, 2, 3, 4].map((seed) => watch(provider, { seed }));
    const told = () => runs.flatMap(({ updates }) => updates);
    await eventually(() => told().some((update) => update.type === 'waiting' && update.position === 2));
    // Two machines: half of the steps of two works.
    backend.steps.allow(REQUEST.steps);
    await eventually(() => told().some((update) => update.type === 'progress' && update.percent === 50));
    backend.steps.allow();
    const updates = await Promise.all(runs.map(({ ended }) => ended));
    const waits = updates.map((run) => run.flatMap((update) => (update.type === 'waiting' ? [update.position] : [])));
    for (const positions of waits) expect(positions).toEqual(positions.toSorted((a = 0, b = 0) => b - a));
    expect(Math.max(...waits.flat().map((position) => position ?? 0))).toBeGreaterThanOrEqual(2);
    expect(Math.min(...waits.flat().map((position) => position ?? 0))).toBe(1);
    expect(backend.mostRunning).toBe(2);
    const percents = updates.flat().flatMap((update) => (update.type === 'progress' ? [update.percent] : []));
    expect(percents).toContain(50);
    expect(Math.max(...percents)).toBeLessThanOrEqual(99);
    expect(provider.capabilities.progress).toBe(true);
  });

  it('a model that logs nothing of its steps: it only says that the waiting is over', async () => {
    backend.printsProgress = false;
    backend.steps.pause();
    backend.plan({ kind: 'held' });
    const provider = create();
    const { updates, ended } = watch(provider);
    await eventually(() => updates.length === 2);
    backend.release();
    await eventually(() => updates.length === 3);
    backend.steps.allow();
    expect((await ended).map(({ type }) => type)).toEqual(['accepted', 'waiting', 'progress', 'image']);
    expect(provider.capabilities.progress).toBe(false);
  });

  it.each([
    ['one image', (url: string) => ({ image: { url } })],
    ['bare addresses', (url: string) => ({ images: [url] })],
    [
      'a data: URL',
      (_: string, picture: Buffer) => ({ images: [{ url: `data:image/jpeg;base64,${picture.toString('base64')}` }] }),
    ],
  ])('takes the picture from a result with %s', async (_, resultOf) => {
    backend.resultOf = resultOf;
    expect((await run(create())).at(-1)).toMatchObject({ type: 'image', image: { type: 'image/jpeg' } });
  });

  it('a blackened picture is a rejection', async () => {
    backend.findsNsfw = true;
    expect(await failure(create())).toMatchObject({ code: 'PROVIDER_REJECTED', retryable: false });
  });

  it('a result without a picture, and one at a foreign address without TLS', async () => {
    backend.resultOf = () => ({ images: [] });
    expect(await failure(create())).toMatchObject({ code: 'SERVER_ERROR', retries: 1 });
    backend.resultOf = () => ({ images: [{ url: 'http://169.254.169.254/latest' }] });
    expect(await failure(create())).toMatchObject({ code: 'SERVER_ERROR', retryable: false });
  });

  it('what waits longer than it may is a timeout of ours', async () => {
    backend.plan({ kind: 'held' });
    const failing = failure(create());
    await eventually(() => backend.submissions.length === 1);
    backend.passDeadlines();
    expect(await failing).toMatchObject({ code: 'PROVIDER_TIMEOUT', retryable: false });
  });

  it('a picture to begin with is sent along', async () => {
    const image = { bytes: new Uint8Array([1, 2]), type: 'image/png' } as const;
    await run(create(), { input: { image, strength: 0.5 } });
    const picture = 'data:image/png;base64,AQI=';
    expect(backend.submissions[0]?.body).toMatchObject({ image_url: picture, strength: 0.5 });
  });

  it('results that were deleted meanwhile are lost, and foreign addresses are never followed', async () => {
    const provider = create();
    const [accepted] = await run(provider);
    backend.expireResults();
    const id = accepted?.type === 'accepted' ? accepted.upstreamId : '';
    expect(await failure(provider, {}, id)).toMatchObject(RETRYABLE);
    const before = backend.requests.length;
    expect(await failure(provider, {}, 'https://evil.example/a/b:r')).toMatchObject(RETRYABLE);
    expect(await failure(provider, {}, 'a/..:r')).toMatchObject(RETRYABLE);
    expect(backend.requests).toHaveLength(before);
    expect(backend.submissions).toHaveLength(1);
  });

  it('a network that stays away ends the wait: the work may still run', async () => {
    backend.plan({ kind: 'held' });
    const failing = failure(create({ outageMs: 20 }));
    await eventually(() => backend.requests.some((request) => request.endsWith('/status')));
    backend.unplug();
    expect(await failing).toMatchObject({ code: 'NETWORK_DISCONNECTED', retryable: true, mayStillRun: true });
  });

  it('health tells of a wrong key', async () => {
    const provider = create({ key: 'wrong' });
    expect(await provider.health()).toMatchObject({
      ok: false,
      reason: 'refused',
      message: 'The key is not accepted by fal.',
    });
    expect(await failure(provider)).toMatchObject({ code: 'PROVIDER_REJECTED', retryable: false });
  });
});
