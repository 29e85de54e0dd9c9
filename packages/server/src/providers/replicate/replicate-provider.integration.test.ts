import { type FakeReplicate, FLUX_INPUT, startFakeReplicate } from '@darkroom/fake-backends';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registerProviderContract } from '../../provider.contract.ts';
import type { GenerateRequest, Provider, Update } from '../../provider.ts';
import { Detached } from '../../provider.ts';
import { eventually } from '../../testing/eventually.ts';
import { parseReplicateConfig, type ReplicateConfig } from './replicate-config.ts';
import { createReplicateProvider } from './replicate-provider.ts';

const configOf = (url: string, model = 'stability-ai/sdxl', options = ''): ReplicateConfig => ({
  ...parseReplicateConfig(new URL(`replicate:${model}?concurrency=2&baseUrl=${url}/v1${options}`), {
    REPLICATE_API_TOKEN: 'r8_test',
  }),
  pollMs: 10,
  outageMs: Number.POSITIVE_INFINITY,
});

const RETRYABLE = { code: 'SERVER_ERROR', retryable: true, mayStillRun: false } as const;

registerProviderContract({
  name: 'Replicate',
  startBackend: startFakeReplicate,
  createProvider: async (backend) => {
    const provider = createReplicateProvider(configOf(backend.url));
    // As the server does: it learns what the model can do.
    await provider.health();
    return provider;
  },
  outcomes: {
    // A prediction that ran out of memory may do better on another machine.
    'out of memory': RETRYABLE,
    // Predictions outlive whatever process answers for them.
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

describe('ReplicateProvider', () => {
  let backend: FakeReplicate;
  const providers: Provider[] = [];

  beforeEach(async () => {
    backend = await startFakeReplicate({ edge: 64 });
  });
  afterEach(async () => {
    await Promise.all(providers.splice(0).map((provider) => provider.close()));
    await backend.close();
  });

  const create = (config: Partial<ReplicateConfig> = {}, model?: string, options?: string) => {
    const provider = createReplicateProvider({ ...configOf(backend.url, model, options), ...config });
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
  /** A run that was seen to wait, then to begin; it makes no step until `backend.steps.allow()`. */
  const startSlowly = async (provider: Provider) => {
    backend.steps.pause();
    backend.plan({ kind: 'held' });
    const run = watch(provider);
    await eventually(() => run.updates.length === 2);
    backend.release();
    await eventually(() => run.updates.length === 3);
    return run;
  };
  const inputs = () => backend.submissions.map(({ body }) => body);

  it('learns from the model’s schema what may be chosen, and sends no other field', async () => {
    const provider = create({}, undefined, '&input.output_format=png');
    expect(provider.capabilities).toMatchObject({ sizes: ['1024'], steps: false, cfg: false, imageToImage: false });
    expect(await provider.health()).toEqual({ ok: true });
    expect(provider.capabilities).toMatchObject({
      sizes: ['512', '768', '1024'],
      models: [],
      samplers: expect.arrayContaining(['K_EULER']),
      steps: true,
      seed: true,
      cfg: true,
      negativePrompt: true,
      imageToImage: true,
      previews: false,
      resume: true,
      cancel: 'stops',
    });
    const updates = await run(provider, { negativePrompt: 'fog', cfg: 5, sampler: 'DDIM' });
    expect(updates.at(-1)).toMatchObject({ image: { type: 'image/png' } });
    expect(inputs()).toEqual([
      {
        version: expect.stringMatching(/^[0-9a-f]{64}$/),
        input: {
          prompt: 'a lighthouse at dusk',
          negative_prompt: 'fog',
          width: 512,
          height: 512,
          num_outputs: 1,
          num_inference_steps: 4,
          guidance_scale: 5,
          scheduler: 'DDIM',
          seed: 42,
          output_format: 'png',
        },
      },
    ]);
  });

  it('runs official models by their name, in the shape that they know', async () => {
    backend.inputProperties = FLUX_INPUT;
    const provider = create({}, 'black-forest-labs/flux-schnell');
    await run(provider, { steps: 20 });
    expect(inputs()).toEqual([
      {
        input: {
          prompt: 'a lighthouse at dusk',
          aspect_ratio: '1:1',
          megapixels: '0.25',
          num_outputs: 1,
          num_inference_steps: 4,
          seed: 42,
        },
      },
    ]);
    expect(provider.capabilities).toMatchObject({ sizes: ['512', '1024'], cfg: false, negativePrompt: false });
    expect(backend.requests).toContain('POST /v1/models/black-forest-labs/flux-schnell/predictions');
  });

  it('creates without waiting, with a deadline and the token', async () => {
    await run(create({ timeoutMs: 90_000 }));
    const [headers] = backend.creationHeaders;
    expect(headers).toMatchObject({ 'cancel-after': '1m30s', authorization: 'Bearer r8_test' });
    expect(headers).not.toHaveProperty('prefer');
  });

  it('waits while it starts, then tells what the model prints, never 100 % before the picture is there', async () => {
    const provider = create();
    expect(provider.capabilities.progress).toBe(false);
    const { updates, ended } = await startSlowly(provider);
    const isHalf = (update: Update) => update.type === 'progress' && update.percent === 50;
    backend.steps.allow(REQUEST.steps / 2);
    await eventually(() => updates.some(isHalf));
    backend.steps.allow();
    await ended;
    expect(updates.map(({ type }) => type).slice(0, 3)).toEqual(['accepted', 'waiting', 'progress']);
    const percents = updates.flatMap((update) => (update.type === 'progress' ? [update.percent] : []));
    expect(percents[0]).toBe(0);
    expect(percents).toContain(50);
    expect(Math.max(...percents)).toBeLessThanOrEqual(99);
    expect(provider.capabilities.progress).toBe(true);
  });

  it('a model that prints nothing: it only says that the waiting is over', async () => {
    backend.printsProgress = false;
    const provider = create();
    const { updates, ended } = await startSlowly(provider);
    backend.steps.allow();
    await ended;
    expect(updates.map(({ type }) => type)).toEqual(['accepted', 'waiting', 'progress', 'image']);
    expect(updates[2]).toEqual({ type: 'progress', percent: 0 });
    expect(provider.capabilities.progress).toBe(false);
  });

  it.each([
    ['text', (url: string) => url],
    ['an object', (url: string) => ({ image: url, seed: 3 })],
    ['several', (url: string) => ['https://127.0.0.1:1/never-fetched.png', url]],
    ['a data: URL', (_: string, picture: Buffer) => [`data:image/webp;base64,${picture.toString('base64')}`]],
  ])('takes the picture from an output that is %s', async (_, outputOf) => {
    backend.outputOf = outputOf;
    expect((await run(create())).at(-1)).toMatchObject({ type: 'image', image: { type: 'image/webp' } });
  });

  it.each([
    ['another host without TLS', () => 'http://169.254.169.254/latest/meta-data', /not allowed/],
    ['no picture', () => 'data:text/plain;base64,aGVsbG8=', /no JPEG, PNG or WebP/],
    ['nothing', () => null, /without a picture/],
  ])('refuses an output that is %s', async (_, outputOf, message) => {
    backend.outputOf = outputOf;
    const thrown = await failure(create());
    expect(thrown).toMatchObject({ code: 'SERVER_ERROR', retryable: false, mayStillRun: false });
    expect(String(thrown)).toMatch(message);
  });

  it('a picture to begin with is sent along', async () => {
    const image = { bytes: new Uint8Array([1, 2]), type: 'image/png' } as const;
    await run(create(), { input: { image, strength: 0.5 } });
    const picture = 'data:image/png;base64,AQI=';
    expect(backend.submissions[0]?.body).toMatchObject({
      input: expect.objectContaining({ image: picture, prompt_strength: 0.5 }),
    });
  });

  it('results that were deleted meanwhile are lost, and may be made again', async () => {
    const provider = create();
    const [accepted] = await run(provider);
    backend.expireResults();
    const id = accepted?.type === 'accepted' ? accepted.upstreamId : '';
    expect(await failure(provider, {}, id)).toMatchObject(RETRYABLE);
    expect(await failure(provider, {}, '../models/somebody/something')).toMatchObject(RETRYABLE);
    expect(backend.submissions).toHaveLength(1);
    expect(backend.requests.filter((request) => request.includes('somebody'))).toEqual([]);
  });

  it('a prediction that Cancel-After ended is a timeout', async () => {
    backend.plan({ kind: 'held' });
    const failing = failure(create());
    await eventually(() => backend.submissions.length === 1);
    backend.passDeadlines();
    expect(await failing).toMatchObject({ code: 'PROVIDER_TIMEOUT', retryable: true, mayStillRun: false });
  });

  it('a network that stays away ends the wait: the work may still run', async () => {
    backend.plan({ kind: 'held' });
    const failing = failure(create({ outageMs: 20 }));
    await eventually(() => backend.requests.some((request) => request.startsWith('GET /v1/pred')));
    expect(backend.alive).toBe(1);
    backend.unplug();
    expect(await failing).toMatchObject({ code: 'NETWORK_DISCONNECTED', retryable: true, mayStillRun: true });
  });

  it('whoever detaches while it is being created still learns its id', async () => {
    const provider = create();
    await provider.health();
    const stop = new AbortController();
    const updates = provider.generate(REQUEST, { signal: stop.signal })[Symbol.asyncIterator]();
    const first = updates.next();
    while (backend.submissions.length === 0) await new Promise(setImmediate);
    stop.abort(new Detached());
    expect(await first).toMatchObject({ value: { type: 'accepted' } });
    await expect(updates.next()).rejects.toBe(stop.signal.reason);
    expect(backend.requests.filter((request) => request.endsWith('/cancel'))).toEqual([]);
  });

  it('whoever leaves the loop cancels the work', async () => {
    backend.plan({ kind: 'held' });
    for await (const { type } of create().generate(REQUEST, { signal: new AbortController().signal }))
      if (type === 'waiting') break;
    expect(backend.alive).toBe(0);
  });

  it.each([
    ['a wrong token', { token: 'wrong' }, 'stability-ai/sdxl', 'does not accept the API token'],
    ['an unknown model', {}, 'nobody/nothing', 'does not know this model'],
  ])('health tells of %s', async (_, config, model, message) => {
    const report = await create(config, model).health();
    expect(report).toMatchObject({ ok: false, message: expect.stringContaining(message) });
    expect(JSON.stringify(report)).not.toContain('wrong');
    expect(await failure(create(config, model))).toMatchObject({ code: 'PROVIDER_REJECTED', retryable: false });
    expect(backend.submissions).toHaveLength(0);
  });
});
