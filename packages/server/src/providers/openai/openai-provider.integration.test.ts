import { type FakeOpenai, type FakeOpenaiOptions, startFakeOpenai } from '@darkroom/fake-backends';
import sharp from 'sharp';
import { afterEach, describe, expect, it } from 'vitest';
import { registerProviderContract } from '../../provider.contract.ts';
import type { GenerateRequest, Provider, Update } from '../../provider.ts';
import { isProviderError, type ProviderError } from '../../provider-error.ts';
import { eventually } from '../../testing/eventually.ts';
import { type OpenaiConfig, parseOpenaiConfig } from './openai-config.ts';
import { createOpenaiProvider } from './openai-provider.ts';

const KEY = 'sk-secret-of-tests';
const LOST = { code: 'STREAM_UNAVAILABLE', retryable: true, mayStillRun: true } as const;
const LOST_ANSWER = { code: 'NETWORK_DISCONNECTED', retryable: true, mayStillRun: true } as const;

const parse = (url: string): OpenaiConfig => parseOpenaiConfig(new URL(url), { OPENAI_API_KEY: KEY });

registerProviderContract({
  name: 'openai, streaming,',
  startBackend: (options) => startFakeOpenai({ ...options, key: KEY }),
  createProvider: ({ url }) => createOpenaiProvider(parse(`openai:gpt-image-2?partialImages=2&baseUrl=${url}/v1`)),
  // The request's connection is all there is of a work: what breaks it loses the work.
  outcomes: { 'cut in the middle': LOST, 'gone for a while': LOST, 'restarted in the middle': LOST },
  previews: 2,
});

registerProviderContract({
  name: 'openai+http, a local server without streams,',
  startBackend: (options) => startFakeOpenai({ ...options, flavour: 'local' }),
  createProvider: ({ url }) => createOpenaiProvider(parse(`openai+${url}/v1`)),
  outcomes: {
    'cut in the middle': LOST_ANSWER,
    'gone for a while': LOST_ANSWER,
    'restarted in the middle': LOST_ANSWER,
  },
});

const REQUEST: GenerateRequest = {
  prompt: 'a lighthouse at dusk',
  negativePrompt: undefined,
  size: 1024,
  steps: 8,
  cfg: undefined,
  sampler: undefined,
  model: undefined,
  style: undefined,
  seed: 42,
  input: undefined,
};

describe('OpenaiProvider', () => {
  const disposers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const dispose of disposers.splice(0).reverse()) await dispose();
  });

  const start = async (options: FakeOpenaiOptions = {}): Promise<FakeOpenai> => {
    const backend = await startFakeOpenai({ edge: 64, ...options });
    disposers.push(() => backend.close());
    return backend;
  };
  const provide = (config: OpenaiConfig): Provider => {
    const provider = createOpenaiProvider(config);
    disposers.push(() => provider.close());
    return provider;
  };
  const hosted = (backend: FakeOpenai, model = 'gpt-image-2', options = 'partialImages=2') =>
    provide(parse(`openai:${model}?${options}&baseUrl=${backend.url}/v1`));
  const updatesOf = async (provider: Provider, changes: Partial<GenerateRequest> = {}): Promise<Update[]> => {
    const updates: Update[] = [];
    const { signal } = new AbortController();
    for await (const update of provider.generate({ ...REQUEST, ...changes }, { signal })) updates.push(update);
    return updates;
  };
  const errorOf = async (provider: Provider, changes: Partial<GenerateRequest> = {}): Promise<ProviderError> => {
    const thrown: unknown = await updatesOf(provider, changes).catch((error: unknown) => error);
    if (!isProviderError(thrown)) throw new Error(`expected a ProviderError, got ${String(thrown)}`);
    return thrown;
  };
  const typesOf = (updates: readonly Update[]) => updates.map(({ type }) => type);

  it('asks for one picture, as a stream, and guesses the percentage by the partial pictures', async () => {
    const backend = await start();
    const updates = await updatesOf(hosted(backend, 'gpt-image-2', 'partialImages=3&quality=low&moderation=low'));
    expect(typesOf(updates)).toEqual([...Array.from({ length: 3 }, () => ['progress', 'preview']).flat(), 'image']);
    expect(updates.flatMap((update) => (update.type === 'progress' ? [update.percent] : []))).toEqual([25, 50, 75]);
    expect(backend.submissions[0]?.body).toEqual({
      prompt: 'a lighthouse at dusk',
      model: 'gpt-image-2',
      n: 1,
      size: '1024x1024',
      quality: 'low',
      moderation: 'low',
      stream: true,
      partial_images: 3,
    });
    expect(backend.authorizations).toEqual([`Bearer ${KEY}`]);
  });

  it('needs no partial picture: the final one may be faster', async () => {
    const backend = await start();
    backend.troubleNextStream('no partials');
    expect(typesOf(await updatesOf(hosted(backend)))).toEqual(['image']);
  });

  it('without previews asks for a plain answer, and promises none', async () => {
    const backend = await start();
    const provider = hosted(backend, 'gpt-image-2', 'partialImages=0');
    expect(provider.capabilities).toMatchObject({ previews: false, progress: false });
    expect(typesOf(await updatesOf(provider))).toEqual(['image']);
    expect(backend.submissions[0]?.body).not.toHaveProperty('stream');
  });

  it('knows the sizes of the older models', async () => {
    const backend = await start();
    expect(hosted(backend, 'gpt-image-1-mini').capabilities.sizes).toEqual(['1024']);
    expect(hosted(backend, 'chatgpt-image-latest').capabilities.sizes).toEqual(['1024']);
    expect(hosted(backend, 'gpt-image-2.6-flare').capabilities.sizes).toEqual(['512', '768', '1024']);
    const error = await errorOf(hosted(backend, 'gpt-image-1.5'), { size: 512 });
    expect(error).toMatchObject({ code: 'INVALID_PROMPT', retryable: false });
    expect(error.message).toBe('The backend refused the request: it does not accept its “size”.');
  });

  it('sends the input picture to edits, as a form', async () => {
    const backend = await start();
    const bytes = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#336699' } })
      .png()
      .toBuffer();
    const input = { image: { bytes, type: 'image/png' as const }, strength: 0.5 };
    const updates = await updatesOf(hosted(backend, 'gpt-image-2', 'moderation=low'), { input });
    expect(typesOf(updates)).toEqual(['progress', 'preview', 'progress', 'preview', 'image']);
    expect(backend.submissions[0]?.body).toEqual({
      image: { file: bytes.byteLength },
      prompt: 'a lighthouse at dusk',
      model: 'gpt-image-2',
      n: '1',
      size: '1024x1024',
      stream: 'true',
      partial_images: '2',
    });
  });

  it('a server that answers a stream with plain JSON still makes the picture, and promises no previews any more', async () => {
    const backend = await start({ flavour: 'local' });
    const provider = provide(parse(`openai+${backend.url}/v1?partialImages=2`));
    expect(provider.capabilities.previews).toBe(true);
    expect(typesOf(await updatesOf(provider))).toEqual(['image']);
    expect(provider.capabilities).toMatchObject({ previews: false, progress: false });
  });

  it('a picture at a URL is fetched, again if need be, and without the key', async () => {
    const backend = await start({ results: 'url' });
    const provider = hosted(backend, 'gpt-image-2', 'partialImages=0');
    backend.failingDownloads = 2;
    expect(typesOf(await updatesOf(provider))).toEqual(['image']);
    expect(backend.authorizations).toHaveLength(1);
    backend.failingDownloads = 3;
    expect(await errorOf(provider)).toMatchObject({ code: 'SERVER_ERROR', mayStillRun: true });
    expect(backend.submissions).toHaveLength(2);
  });

  it('another host gets no key, the fields it has names for, and no parameters from inside the prompt', async () => {
    const backend = await start({ flavour: 'local' });
    const url = `openai+${backend.url}/v1?seed=seed&steps=num_inference_steps&negativePrompt=negative_prompt&cfg=guidance_scale`;
    const provider = provide(parse(url));
    expect(provider.capabilities).toMatchObject({ seed: true, steps: true, negativePrompt: true, cfg: true });
    expect(provider.capabilities.models).toBeNull();
    await provider.health();
    expect(provider.capabilities.models).toEqual(['sd-cpp-local']);
    const prompt = 'a boat <sd_cpp_extra_args>{"sample_steps":9999}</sd_cpp_extra_args>';
    await updatesOf(provider, { prompt, negativePrompt: 'fog', cfg: 4.5, model: 'sd-cpp-local' });
    expect(backend.submissions[0]?.body).toEqual({
      prompt: 'a boat  {"sample_steps":9999} ',
      negative_prompt: 'fog',
      guidance_scale: 4.5,
      num_inference_steps: 8,
      seed: 42,
      model: 'sd-cpp-local',
      n: 1,
      size: '1024x1024',
    });
    expect(backend.authorizations).toEqual([undefined, undefined]);
  });

  const error = (status: number, code: string | null, type = 'invalid_request_error') => ({
    status,
    code,
    type,
    message: `Something about ${KEY} at /srv/app/main.py`,
  });
  it.each([
    [error(400, 'content_policy_violation'), { code: 'PROVIDER_REJECTED', retryable: false }],
    [error(400, 'billing_hard_limit_reached'), { code: 'PROVIDER_REJECTED', retryable: false }],
    [error(400, 'unknown_parameter'), { code: 'INVALID_PROMPT', retryable: false }],
    [error(400, 'constructor'), { code: 'INVALID_PROMPT', retryable: false }],
    [error(401, 'invalid_api_key'), { code: 'PROVIDER_REJECTED', retryable: false }],
    [error(403, null), { code: 'PROVIDER_REJECTED', retryable: false }],
    [error(404, 'model_not_found'), { code: 'PROVIDER_REJECTED', retryable: false }],
    [error(413, null), { code: 'INVALID_PROMPT', retryable: false }],
    [error(429, 'insufficient_quota', 'insufficient_quota'), { code: 'PROVIDER_REJECTED', retryable: false }],
    [error(429, 'credit_balance_exhausted'), { code: 'PROVIDER_REJECTED', retryable: false }],
    [error(429, 'rate_limit_exceeded', 'requests'), { code: 'PROVIDER_RATE_LIMIT', retryable: true }],
    [
      error(500, 'server_error', 'server_error'),
      { code: 'SERVER_ERROR', retryable: true, mayStillRun: false, retries: 1 },
    ],
    [error(503, 'server_is_overloaded', 'server_error'), { code: 'SERVER_ERROR', retryable: true }],
    [error(504, null, 'server_error'), { code: 'PROVIDER_TIMEOUT', retryable: true, mayStillRun: true }],
  ])('says what %o means, without what must not be shown', async (refusal, meaning) => {
    const backend = await start();
    backend.refuseNext(refusal);
    const thrown = await errorOf(hosted(backend));
    expect(thrown).toMatchObject(meaning);
    expect(thrown.message).not.toMatch(/sk-|\/srv/);
    expect(String(thrown.cause)).not.toContain(KEY);
    expect(backend.submissions).toHaveLength(1);
  });

  it('names what the safety system objected to', async () => {
    const backend = await start();
    backend.plan({ kind: 'fails', how: 'rejection' });
    const { message } = await errorOf(hosted(backend));
    expect(message).toBe('The backend’s safety system refused this (violence). Please change the prompt.');
  });

  it.each([
    ['moderated', { code: 'PROVIDER_REJECTED', retryable: false, mayStillRun: false }],
    ['ends early', LOST],
    ['malformed event', { code: 'SERVER_ERROR', retryable: true, mayStillRun: true }],
  ] as const)('a stream that is “%s” after a partial picture', async (trouble, meaning) => {
    const backend = await start();
    backend.troubleNextStream(trouble);
    expect(await errorOf(hosted(backend))).toMatchObject(meaning);
    expect(backend.submissions).toHaveLength(1);
  });

  it('a stream that falls silent is given up after its time', async () => {
    const backend = await start();
    backend.troubleNextStream('stalls');
    const provider = provide({ ...parse(`openai:gpt-image-2?baseUrl=${backend.url}/v1`), stallMs: 100 });
    expect(await errorOf(provider)).toMatchObject({ code: 'PROVIDER_TIMEOUT', retryable: true, mayStillRun: true });
    await eventually(() => backend.alive === 0);
  });

  it('a consumer that leaves drops the connection', async () => {
    const backend = await start();
    backend.troubleNextStream('stalls');
    const { signal } = new AbortController();
    for await (const { type } of hosted(backend).generate(REQUEST, { signal })) if (type === 'preview') break;
    await eventually(() => backend.alive === 0);
  });

  it('health says that the model is unknown, as far as that can be told', async () => {
    const backend = await start();
    expect(await hosted(backend).health()).toEqual({ ok: true });
    const message = 'The key’s models do not include gpt-image-1.';
    expect(await hosted(backend, 'gpt-image-1').health()).toEqual({ ok: true, reason: 'model-missing', message });
  });

  it('health says that the key is wrong, without saying it', async () => {
    const backend = await start({ key: 'another' });
    const report = await hosted(backend).health();
    expect(report).toMatchObject({
      ok: false,
      reason: 'refused',
      message: 'The backend does not accept the server’s key.',
    });
  });
});
