import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type FakeOpenai, type FakeOpenaiOptions, startFakeOpenai } from '@darkroom/fake-backends';
import sharp from 'sharp';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { registerProviderContract } from '../../provider.contract.ts';
import type { GenerateRequest, Provider, Update } from '../../provider.ts';
import { isProviderError, type ProviderError } from '../../provider-error.ts';
import { parseAiConfig } from './ai-config.ts';
import { createAiProvider } from './ai-provider.ts';

const KEY = 'sk-secret-of-tests';
const LOST = { code: 'NETWORK_DISCONNECTED', retryable: true, mayStillRun: true } as const;

const parse = (url: string) => parseAiConfig(new URL(url), { MY_API_KEY: KEY, BFL_API_KEY: KEY, LUMA_API_KEY: KEY });
const compatible = (url: string) => parse(`ai:openai-compatible/gpt-image-2?keyFrom=MY_API_KEY&baseUrl=${url}/v1`);

registerProviderContract({
  name: 'ai, through the OpenAI-compatible package,',
  startBackend: (options) => startFakeOpenai({ ...options, key: KEY }),
  createProvider: ({ url }) => createAiProvider(compatible(url)),
  // The request's connection is all there is of a work: what breaks it loses the work.
  outcomes: { 'cut in the middle': LOST, 'gone for a while': LOST, 'restarted in the middle': LOST },
});

const REQUEST: GenerateRequest = {
  prompt: 'a moderated debate at dusk',
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

const png = () =>
  sharp({ create: { width: 64, height: 64, channels: 3, background: '#336699' } })
    .png()
    .toBuffer();

describe('AiProvider', () => {
  const disposers: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const dispose of disposers.splice(0).reverse()) await dispose();
  });

  const provide = (config: ReturnType<typeof parse>): Provider => {
    const provider = createAiProvider(config);
    disposers.push(() => provider.close());
    return provider;
  };
  const start = async (options: FakeOpenaiOptions = {}): Promise<FakeOpenai> => {
    const backend = await startFakeOpenai({ edge: 64, ...options });
    disposers.push(() => backend.close());
    return backend;
  };
  const updatesOf = async (provider: Provider, changes: Partial<GenerateRequest> = {}): Promise<Update[]> => {
    const updates: Update[] = [];
    const { signal } = new AbortController();
    for await (const update of provider.generate({ ...REQUEST, ...changes }, { signal })) updates.push(update);
    return updates;
  };
  const errorOf = async (provider: Provider): Promise<ProviderError> => {
    const thrown: unknown = await updatesOf(provider).catch((error: unknown) => error);
    if (!isProviderError(thrown)) throw new Error(`expected a ProviderError, got ${String(thrown)}`);
    return thrown;
  };

  it('promises no more than the SDK can do', async () => {
    const { capabilities } = provide(compatible('http://127.0.0.1:1'));
    expect(capabilities).toMatchObject({ progress: false, previews: false, resume: false, cancel: 'detaches' });
    expect(provide(parse('ai:luma/photon-1')).capabilities).toMatchObject({ imageToImage: false, sizes: ['1024'] });
    expect(provide(parse('ai:black-forest-labs/flux-pro-1.1')).capabilities).toMatchObject({
      imageToImage: false,
      seed: true,
      sizes: ['512', '768', '1024'],
    });
  });

  it('says the picture alone, and prints nothing', async () => {
    const printed = [vi.spyOn(console, 'warn'), vi.spyOn(console, 'info'), vi.spyOn(console, 'log')];
    const backend = await start();
    const updates = await updatesOf(provide(compatible(backend.url)));
    expect(updates.map(({ type }) => type)).toEqual(['image']);
    expect(backend.submissions[0]?.body).toMatchObject({ model: 'gpt-image-2', n: 1, size: '1024x1024' });
    for (const spy of printed) expect(spy).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });

  it('fetches a picture at a URL, again if need be', async () => {
    const backend = await start({ results: 'url' });
    backend.failingDownloads = 2;
    expect(await updatesOf(provide(compatible(backend.url)))).toHaveLength(1);
    expect(backend.submissions).toHaveLength(1);
  });

  it('sends the input picture', async () => {
    const backend = await start();
    const bytes = await png();
    await updatesOf(provide(compatible(backend.url)), {
      input: { image: { bytes, type: 'image/png' }, strength: 0.5 },
    });
    expect(backend.submissions[0]?.body).toMatchObject({ image: { file: bytes.byteLength } });
  });

  const refusal = (status: number, code: string | null) => ({
    status,
    code,
    type: 'error',
    message: `Something about ${KEY} at /srv/app/main.py`,
  });
  it.each([
    [refusal(400, 'moderation_blocked'), { code: 'PROVIDER_REJECTED', retryable: false }],
    [refusal(400, 'billing_hard_limit_reached'), { code: 'PROVIDER_REJECTED', retryable: false }],
    [refusal(400, 'invalid_value'), { code: 'INVALID_PROMPT', retryable: false }],
    [refusal(401, 'invalid_api_key'), { code: 'PROVIDER_REJECTED', retryable: false }],
    [refusal(404, 'model_not_found'), { code: 'PROVIDER_REJECTED', retryable: false }],
    [refusal(429, 'insufficient_quota'), { code: 'PROVIDER_REJECTED', retryable: false }],
    [refusal(503, null), { code: 'SERVER_ERROR', retryable: true, mayStillRun: false, retries: 1 }],
    [refusal(504, null), { code: 'PROVIDER_TIMEOUT', retryable: true, mayStillRun: true }],
  ])('says what %o means, without what must not be shown', async (refused, meaning) => {
    const backend = await start();
    backend.refuseNext(refused);
    const thrown = await errorOf(provide(compatible(backend.url)));
    expect(thrown).toMatchObject(meaning);
    expect(thrown.message).not.toMatch(/sk-|\/srv/);
    expect(String(thrown.cause)).not.toContain(KEY);
    expect(backend.submissions).toHaveLength(1);
  });

  it('an answer without pictures is a failure that is not repeated', async () => {
    const url = await serve((_, response) => {
      response.setHeader('content-type', 'application/json').end('{"data":[]}');
    });
    expect(await errorOf(provide(compatible(url)))).toMatchObject({ code: 'SERVER_ERROR', retries: 0 });
  });

  it('what a package refuses before it sends anything cannot be tried again', async () => {
    const provider = provide(parse('ai:luma/photon-1'));
    const bytes = await png();
    const thrown: unknown = await updatesOf(provider, {
      input: { image: { bytes, type: 'image/png' }, strength: 1 },
    }).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code: 'PROVIDER_REJECTED', retryable: false, mayStillRun: false });
  });

  /** A server of one test; its URL. */
  const serve = async (listener: RequestListener): Promise<string> => {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    disposers.push(() => new Promise((resolve) => server.close(resolve)));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  /** Black Forest Labs' way: work under an id that is polled, with these answers in order. */
  const servePolls = async (...polls: readonly (number | object)[]) => {
    const answers = [...polls];
    const submissions: unknown[] = [];
    const picture = await png();
    const url = await serve(async (request, response) => {
      const own = `http://${request.headers.host}`;
      const json = (status: number, body: unknown) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      if (request.url === '/picture.png') response.end(picture);
      else if (request.method === 'POST') {
        submissions.push({ key: request.headers['x-key'], ...JSON.parse(await text(request)) });
        json(200, { id: 'w1', polling_url: `${own}/get_result` });
      } else {
        const answer = answers.shift() ?? { status: 'Ready', result: { sample: `${own}/picture.png` } };
        if (answer === 0) response.destroy();
        else if (typeof answer === 'number') json(answer, {});
        else json(200, answer);
      }
    });
    return { submissions, provider: provide(parse(`ai:black-forest-labs/flux-pro-1.1?baseUrl=${url}`)) };
  };

  it('polls ride out an outage; the submission is sent once', async () => {
    const { submissions, provider } = await servePolls(
      { status: 'Pending', prompt: 'a moderated debate' },
      503,
      0,
      429,
    );
    expect((await updatesOf(provider)).map(({ type }) => type)).toEqual(['image']);
    expect(submissions).toMatchObject([{ key: KEY, width: 1024, height: 1024, seed: 42 }]);
  });

  it('moderation told by a poll ends it at once', async () => {
    const { provider } = await servePolls({ status: 'Pending' }, { status: 'Content Moderated' });
    expect(await errorOf(provider)).toMatchObject({ code: 'PROVIDER_REJECTED', retryable: false, mayStillRun: false });
  });

  it('a poll that is refused does not say that the work has ended', async () => {
    const { provider } = await servePolls(404);
    expect(await errorOf(provider)).toMatchObject({ code: 'PROVIDER_REJECTED', mayStillRun: true });
  });
});
