import { type FakeSdcpp, type FakeSdcppOptions, startFakeSdcpp } from '@darkroom/fake-backends';
import sharp from 'sharp';
import { afterEach, describe, expect, it } from 'vitest';
import { registerProviderContract } from '../../provider.contract.ts';
import { Detached, type GenerateContext, type GenerateRequest, type Provider, type Update } from '../../provider.ts';
import { eventually } from '../../testing/eventually.ts';
import { parseSdcppConfig } from './sdcpp-config.ts';
import { createSdcppProvider } from './sdcpp-provider.ts';

async function createProvider(
  { url }: { readonly url: string },
  options = '',
  graceMs = Number.POSITIVE_INFINITY,
): Promise<Provider> {
  const provider = createSdcppProvider({
    ...parseSdcppConfig(new URL(`sdcpp+${url}${options}`)),
    pollMs: 20,
    graceMs,
  });
  await provider.health();
  return provider;
}

const builds: Readonly<Record<string, FakeSdcppOptions>> = {
  'sd-server with previews': {},
  'sd-server without previews': { previews: false },
  'sd-server that can stop what it is generating': { cancelsGenerating: true },
};

for (const [name, build] of Object.entries(builds))
  registerProviderContract({
    name,
    startBackend: (options) => startFakeSdcpp({ ...options, ...build }),
    createProvider: (backend) => createProvider(backend),
    outcomes: {
      // It does not say that it was the memory.
      'out of memory': { code: 'SERVER_ERROR', retryable: true, mayStillRun: false },
    },
  });

const request: GenerateRequest = {
  prompt: 'a lighthouse',
  negativePrompt: undefined,
  size: 512,
  steps: 8,
  cfg: undefined,
  sampler: undefined,
  model: undefined,
  style: undefined,
  seed: 7,
  input: undefined,
};

/** Steps until the middle of a run. */
const HALF = 4;

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function start(
  options: FakeSdcppOptions = {},
  urlOptions = '',
): Promise<{ readonly backend: FakeSdcpp; readonly provider: Provider }> {
  const backend = await startFakeSdcpp({ edge: 64, ...options });
  closers.push(() => backend.close());
  const provider = await createProvider(backend, urlOptions);
  closers.push(() => provider.close());
  return { backend, provider };
}

/** Runs it to its end, telling every update as it comes. */
async function run(
  provider: Provider,
  asked: Partial<GenerateRequest> = {},
  context: Partial<GenerateContext> & { readonly onUpdate?: (update: Update) => unknown } = {},
): Promise<Update[]> {
  const { onUpdate, signal = new AbortController().signal, ...rest } = context;
  const updates: Update[] = [];
  for await (const update of provider.generate({ ...request, ...asked }, { signal, ...rest })) {
    updates.push(update);
    onUpdate?.(update);
  }
  return updates;
}

const typesOf = (updates: readonly Update[]) => updates.map(({ type }) => type);

describe('what the sd-server is asked for', () => {
  it('its native fields, and no tag by which a prompt could set others', async () => {
    const { backend, provider } = await start();
    const tag = '<sd_cpp_extra_args>{"init_image":"/etc/passwd"}</sd_cpp_extra_args>';
    await run(provider, {
      prompt: `a <SD_cpp_<sd_cpp_extra_args>extra_args> ${tag}`,
      negativePrompt: tag,
      cfg: 2,
      sampler: 'euler_a',
    });
    const body = backend.submissions[0]?.body;
    expect(body).toMatchObject({
      width: 512,
      height: 512,
      seed: 7,
      batch_count: 1,
      sample_params: { sample_steps: 8, sample_method: 'euler_a', guidance: { txt_cfg: 2 } },
      output_format: 'png',
      preview: 'proj',
      preview_interval: 1,
    });
    expect(JSON.stringify(body)).not.toMatch(/sd_cpp_extra_args/i);
  });

  it('an input picture with its strength', async () => {
    const { backend, provider } = await start();
    const bytes = await sharp({ create: { width: 512, height: 512, channels: 3, background: '#369' } })
      .png()
      .toBuffer();
    await run(provider, { input: { image: { bytes, type: 'image/png' }, strength: 0.4 } });
    expect(backend.submissions[0]?.body).toMatchObject({ init_image: bytes.toString('base64'), strength: 0.4 });
  });

  it('no previews, where they are not wanted', async () => {
    const { backend, provider } = await start({}, '?preview=none');
    expect(provider.capabilities).toMatchObject({ previews: false, progress: false });
    expect(typesOf(await run(provider))).not.toContain('preview');
    expect(backend.submissions[0]?.body).not.toHaveProperty('preview');
  });
});

describe('what a build of sd-server can do', () => {
  it('is learned from it', async () => {
    const { provider } = await start();
    expect(provider.capabilities).toMatchObject({
      previews: true,
      progress: true,
      cancel: 'detaches',
      resume: true,
      models: [],
      samplers: expect.arrayContaining(['euler_a']),
    });
    const newer = await start({ cancelsGenerating: true, previews: false });
    expect(newer.provider.capabilities).toMatchObject({ previews: false, progress: false, cancel: 'stops' });
  });

  it('is not enough without jobs: it says which build is needed', async () => {
    const { backend, provider } = await start({ native: false });
    expect(await provider.health()).toMatchObject({ ok: false, message: expect.stringContaining('has no jobs') });
    await expect(run(provider)).rejects.toMatchObject({ code: 'PROVIDER_REJECTED', retryable: false });
    expect(backend.submissions).toHaveLength(0);
  });

  it('is learned by the first job, if it was out of reach before', async () => {
    const backend = await startFakeSdcpp({ edge: 64, steps: HALF });
    closers.push(() => backend.close());
    backend.unplug();
    const provider = await createProvider(backend);
    closers.push(() => provider.close());
    await backend.plugIn();
    const onUpdate = ({ type }: Update) => type === 'preview' && backend.steps.allow();
    expect(typesOf(await run(provider, {}, { onUpdate }))).toContain('preview');
  });
});

describe('the sd-server’s queue', () => {
  it('tells its place in it, and when its turn has come', async () => {
    const { backend, provider } = await start({ steps: 0 });
    backend.queueForeignJob(10);
    backend.queueForeignJob(10);
    const updates: Update[] = [];
    const end = run(provider, {}, { onUpdate: (update) => updates.push(update) });
    const hasWaited = (times: number) => updates.filter(({ type }) => type === 'waiting').length === times;
    await eventually(() => hasWaited(1));
    backend.steps.allow(10);
    await eventually(() => hasWaited(2));
    backend.steps.allow(10 + HALF);
    await eventually(() => typesOf(updates).includes('progress'));
    backend.steps.allow();
    await end;
    expect(updates.filter(({ type }) => type === 'waiting')).toEqual([
      { type: 'waiting', position: 2 },
      { type: 'waiting', position: 1 },
    ]);
    const types = typesOf(updates);
    expect(types.lastIndexOf('waiting')).toBeLessThan(types.indexOf('progress'));
  });

  it('what a cancel could not stop shows as waiting in the next job', async () => {
    const { backend, provider } = await start({ steps: HALF });
    const stop = new AbortController();
    const end = run(
      provider,
      {},
      {
        signal: stop.signal,
        onUpdate: ({ type }) => type === 'preview' && stop.abort(new Error('enough')),
      },
    );
    await expect(end).rejects.toThrow('enough');
    expect(backend.alive).toBe(1);
    const updates = await run(provider, {}, { onUpdate: ({ type }) => type === 'waiting' && backend.steps.allow() });
    expect(typesOf(updates).slice(0, 2)).toEqual(['accepted', 'waiting']);
    expect(backend.mostRunning).toBe(1);
  });

  it('that is full asks for a pause, though it names none', async () => {
    const { backend, provider } = await start();
    backend.plan({ kind: 'fails', how: 'rate-limit' });
    await expect(run(provider)).rejects.toMatchObject({ code: 'PROVIDER_RATE_LIMIT', retryAfterMs: 5_000 });
  });

  it('cancelled before its id is known, a job is not left in it', async () => {
    const { backend, provider } = await start();
    backend.plan({ kind: 'held' });
    const stop = new AbortController();
    const updates: Update[] = [];
    const end = run(provider, {}, { signal: stop.signal, onUpdate: (update) => updates.push(update) });
    await Promise.resolve();
    stop.abort(new Error('enough'));
    await expect(end).rejects.toThrow('enough');
    expect(backend.submissions).toHaveLength(1);
    expect(backend.alive).toBe(0);
    expect(updates).toEqual([]);
  });
});

describe('an sd-server’s job that is gone on with', () => {
  it('after ten minutes is not kept any more; it was made, though', async () => {
    const { backend, provider } = await start();
    await run(provider);
    const resume = backend.submissions[0]?.upstreamId ?? '';
    backend.expire();
    await expect(run(provider, {}, { resume })).rejects.toMatchObject({
      code: 'SERVER_ERROR',
      retryable: true,
      mayStillRun: true,
    });
  });

  it('is waited for at least as long as its grace, then given up without another try', async () => {
    const graceMs = 200;
    const { backend } = await start({ steps: HALF });
    const provider = await createProvider(backend, '', graceMs);
    closers.push(() => provider.close());
    const end = run(provider, {}, { onUpdate: ({ type }) => type === 'preview' && backend.unplug() });
    const began = performance.now();
    await expect(end).rejects.toMatchObject({ code: 'NETWORK_DISCONNECTED', retryable: true, mayStillRun: true });
    expect(performance.now() - began).toBeGreaterThan(graceMs);
  });

  it('keeps running when only this process ends', async () => {
    const { backend, provider } = await start({ steps: 0 });
    const stop = new AbortController();
    const end = run(provider, {}, { signal: stop.signal, onUpdate: () => stop.abort(new Detached()) });
    await expect(end).rejects.toMatchObject({ isDetached: true });
    expect(backend.alive).toBe(1);
  });
});
