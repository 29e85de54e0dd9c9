import { type FakeForge, type FakeForgeOptions, startFakeForge } from '@darkroom/fake-backends';
import { afterEach, describe, expect, it } from 'vitest';
import { registerProviderContract } from '../../provider.contract.ts';
import { Detached, type GenerateRequest, type Provider, type Update } from '../../provider.ts';
import { eventually } from '../../testing/eventually.ts';
import { parseForgeConfig } from './forge-config.ts';
import { createForgeProvider } from './forge-provider.ts';

const POLL_MS = 20;

const createProvider = ({ url }: { readonly url: string }, graceMs = Number.POSITIVE_INFINITY) =>
  createForgeProvider({ ...parseForgeConfig(new URL(`forge+${url}`)), pollMs: POLL_MS, graceMs });

const outcomes = {
  // The picture only comes in the answer that was lost. The work is stopped.
  'cut in the middle': { code: 'NETWORK_DISCONNECTED', retryable: true, mayStillRun: false },
  // The same, but it was finished meanwhile.
  'gone for a while': { code: 'NETWORK_DISCONNECTED', retryable: true, mayStillRun: true },
} as const;

registerProviderContract({
  name: 'Forge',
  startBackend: startFakeForge,
  createProvider: (backend) => createProvider(backend),
  outcomes,
});

registerProviderContract({
  name: 'AUTOMATIC1111 without its web page',
  startBackend: (options) => startFakeForge({ ...options, flavour: 'a1111', webui: false }),
  createProvider: (backend) => createProvider(backend),
  outcomes,
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

async function start(options: FakeForgeOptions = {}): Promise<{ backend: FakeForge; provider: Provider }> {
  const backend = await startFakeForge({ edge: 64, ...options });
  closers.push(() => backend.close());
  const provider = createProvider(backend);
  closers.push(() => provider.close());
  return { backend, provider };
}

/** Runs it to its end, telling every update as it comes. */
async function run(
  provider: Provider,
  asked: Partial<GenerateRequest> = {},
  {
    signal = new AbortController().signal,
    onUpdate,
  }: { signal?: AbortSignal; onUpdate?: (update: Update) => unknown } = {},
): Promise<Update[]> {
  const updates: Update[] = [];
  for await (const update of provider.generate({ ...request, ...asked }, { signal })) {
    updates.push(update);
    onUpdate?.(update);
  }
  return updates;
}

const typesOf = (updates: readonly Update[]) => updates.map(({ type }) => type);

describe('what Forge is asked for', () => {
  it('one picture, no copy on its disk, a preview every second step, under a task id of ours', async () => {
    const { backend, provider } = await start();
    await run(provider, { negativePrompt: 'fog', cfg: 6.5 });
    expect(backend.submissions[0]?.body).toEqual({
      prompt: 'a lighthouse',
      negative_prompt: 'fog',
      seed: 7,
      steps: 8,
      width: 512,
      height: 512,
      cfg_scale: 6.5,
      batch_size: 1,
      n_iter: 1,
      send_images: true,
      save_images: false,
      force_task_id: expect.stringMatching(/^task\(txt2img-[\da-f-]{36}\)$/),
      override_settings: { show_progress_every_n_steps: 2 },
      override_settings_restore_afterwards: true,
    });
  });

  it('a model, which stays loaded, and a sampler whose scheduler newer versions want apart', async () => {
    const { backend, provider } = await start();
    await provider.health();
    const { models, samplers } = provider.capabilities;
    expect(models).toContain('dreamshaper_8.safetensors [879db523c3]');
    expect(samplers).toContain('DPM++ 2M');
    await run(provider, { model: models?.[1], sampler: 'DPM++ 2M Karras' });
    await run(provider, { sampler: 'Euler a' });
    const [first, second] = backend.submissions.map(({ body }) => body);
    expect(first).toMatchObject({
      sampler_name: 'DPM++ 2M',
      scheduler: 'Karras',
      override_settings: { sd_model_checkpoint: models?.[1] },
      override_settings_restore_afterwards: false,
    });
    expect(second).toMatchObject({ sampler_name: 'Euler a' });
    expect(second).not.toHaveProperty('scheduler');
  });

  it('a model that it does not have is the request’s fault', async () => {
    const { provider } = await start({ flavour: 'a1111' });
    await expect(run(provider, { model: 'nothing' })).rejects.toMatchObject({ code: 'INVALID_PROMPT' });
  });
});

describe('Forge’s picture', () => {
  it('is of the type that its bytes say, whatever its options are', async () => {
    const { provider } = await start({ samplesFormat: 'jpg' });
    const last = (await run(provider)).at(-1);
    expect(last).toMatchObject({ type: 'image', image: { type: 'image/jpeg' } });
  });

  it('that somebody interrupts before its first step is missing, and may be asked for again', async () => {
    const { backend, provider } = await start();
    backend.plan({ kind: 'held' });
    const end = run(provider);
    await eventually(() => backend.mostRunning === 1);
    backend.interruptByHand();
    await expect(end).rejects.toMatchObject({ code: 'SERVER_ERROR', retryable: true, mayStillRun: false });
  });
});

describe.each([{ webui: true }, { webui: false }])('a lock shared with others (%o)', ({ webui }) => {
  it('says that it waits, and tells of its own progress only', async () => {
    const { backend, provider } = await start({ webui, steps: 0 });
    const other = backend.useByHand(10);
    const updates: Update[] = [];
    const end = run(provider, {}, { onUpdate: (update) => updates.push(update) });
    await eventually(() => typesOf(updates).includes('waiting'));
    backend.steps.allow(10);
    await other;
    backend.steps.allow(1);
    await eventually(() => typesOf(updates).includes('progress'));
    backend.steps.allow();
    await end;
    const types = typesOf(updates);
    expect(types[0]).toBe('accepted');
    expect(types.lastIndexOf('waiting')).toBe(1);
    expect(updates[1]).toEqual(webui ? { type: 'waiting', position: 1 } : { type: 'waiting' });
    expect(updates[2]).toMatchObject({ type: 'progress', percent: expect.toSatisfy((percent) => percent < 50) });
  });

  it('cancelled while it waits, it leaves the other’s picture alone', async () => {
    const { backend, provider } = await start({ webui, steps: 0 });
    const other = backend.useByHand(30);
    const stop = new AbortController();
    const end = run(
      provider,
      {},
      { signal: stop.signal, onUpdate: ({ type }) => type === 'waiting' && stop.abort(new Error('enough')) },
    );
    await expect(end).rejects.toThrow('enough');
    expect(backend.interrupts).toBe(0);
    expect(backend.mostRunning).toBe(1);
    backend.steps.allow();
    await other;
    expect(backend.steps.made).toBe(30);
  });

  it('cancelled while it runs, it is interrupted, and its half picture is dropped', async () => {
    const { backend, provider } = await start({ webui, steps: HALF });
    const stop = new AbortController();
    const updates: Update[] = [];
    const end = run(
      provider,
      {},
      {
        signal: stop.signal,
        onUpdate: (update) => {
          updates.push(update);
          if (update.type === 'preview') stop.abort(new Error('enough'));
        },
      },
    );
    await expect(end).rejects.toThrow('enough');
    expect(backend.interrupts).toBeGreaterThan(0);
    expect(backend.alive).toBe(0);
    expect(typesOf(updates)).not.toContain('image');
  });
});

describe('an answer of Forge that is lost', () => {
  it('because a proxy gave up: the work behind it is stopped', async () => {
    const { backend, provider } = await start({ steps: HALF });
    const end = run(provider);
    await eventually(() => backend.steps.made === HALF);
    backend.giveUpAsProxy();
    await expect(end).rejects.toMatchObject({ code: 'NETWORK_DISCONNECTED', mayStillRun: false });
    expect(backend.alive).toBe(0);
  });

  it('with the network gone for longer than its grace: nobody knows', async () => {
    const { backend } = await start({ steps: HALF });
    const provider = createProvider(backend, 20);
    closers.push(() => provider.close());
    const end = run(provider, {}, { onUpdate: ({ type }) => type === 'preview' && backend.unplug() });
    await expect(end).rejects.toMatchObject({ code: 'NETWORK_DISCONNECTED', retryable: true, mayStillRun: true });
  });
});

describe('AUTOMATIC1111 before 1.8', () => {
  it('takes no task id: its progress is found by cross-check, and cancelled by it', async () => {
    const { backend, provider } = await start({ flavour: 'a1111', taskIds: false, steps: HALF });
    const goOn = ({ type }: Update) => type === 'preview' && backend.steps.allow();
    expect(typesOf(await run(provider, {}, { onUpdate: goOn }))).toEqual(
      expect.arrayContaining(['progress', 'preview', 'image']),
    );
    backend.steps.pause();
    backend.steps.allow(HALF);
    const stop = new AbortController();
    const onUpdate = ({ type }: Update) => type === 'preview' && stop.abort(new Error('enough'));
    await expect(run(provider, {}, { signal: stop.signal, onUpdate })).rejects.toThrow('enough');
    expect(backend.alive).toBe(0);
  });
});

describe('Forge’s settings', () => {
  it('with a password and below a path', async () => {
    const { backend } = await start({ auth: 'ann:secret', subpath: '/sd' });
    const allowed = createProvider({ url: backend.url.replace('//', '//ann:secret@') });
    closers.push(() => allowed.close());
    expect(await allowed.health()).toEqual({ ok: true });
    expect(typesOf(await run(allowed)).at(-1)).toBe('image');
    const refused = createProvider({ url: backend.url.replace('//', '//ann:wrong@') });
    closers.push(() => refused.close());
    const report = await refused.health();
    expect(report).toMatchObject({ ok: false, message: expect.stringContaining('password') });
    expect(report.message).not.toContain('wrong');
    await expect(run(refused)).rejects.toMatchObject({ code: 'PROVIDER_REJECTED', retryable: false });
  });

  it('without --api it says what is missing', async () => {
    const { backend, provider } = await start({ api: false });
    expect(await provider.health()).toMatchObject({ ok: false, message: expect.stringContaining('--api') });
    await expect(run(provider)).rejects.toMatchObject({ code: 'PROVIDER_REJECTED' });
    expect(backend.submissions).toHaveLength(0);
  });

  it('with live previews switched off, it promises none', async () => {
    const { backend, provider } = await start({ livePreviews: false, steps: HALF });
    await provider.health();
    expect(provider.capabilities.previews).toBe(false);
    const goOn = ({ type }: Update) => type === 'progress' && backend.steps.allow();
    const types = typesOf(await run(provider, {}, { onUpdate: goOn }));
    expect(types).toContain('progress');
    expect(types).not.toContain('preview');
  });
});

it('a detached Forge job is stopped: the next process could not fetch its picture', async () => {
  const { backend, provider } = await start({ steps: HALF });
  const stop = new AbortController();
  const end = run(
    provider,
    {},
    { signal: stop.signal, onUpdate: ({ type }) => type === 'progress' && stop.abort(new Detached()) },
  );
  await expect(end).rejects.toMatchObject({ isDetached: true });
  await eventually(() => backend.alive === 0);
  expect(backend.steps.made).toBe(HALF);
});

describe('work that a process which is gone has left at Forge', () => {
  /** A process that begins a picture and is not heard of again; the picture's id. */
  async function leaveBehind(backend: FakeForge): Promise<string> {
    const gone = createProvider(backend);
    const updates: Update[] = [];
    run(gone, { steps: 40 }, { onUpdate: (update) => updates.push(update) }).catch(() => {});
    await eventually(() => backend.submissions.length === 1);
    closers.push(() => gone.close());
    const [accepted] = updates;
    if (accepted?.type !== 'accepted') throw new Error('its id was not told first');
    return accepted.upstreamId;
  }
  const signal = new AbortController().signal;

  it('is ended while it runs', async () => {
    const { backend, provider } = await start({ steps: HALF });
    const upstreamId = await leaveBehind(backend);
    await provider.stopLeft?.(upstreamId, signal);
    expect(backend.alive).toBe(0);
    expect(backend.interrupts).toBeGreaterThan(0);
  });

  it('is ended when its turn has come, and nobody else’s is', async () => {
    const { backend, provider } = await start({ steps: 0 });
    const other = backend.useByHand(10);
    const upstreamId = await leaveBehind(backend);
    const stopping = provider.stopLeft?.(upstreamId, signal);
    backend.steps.allow(10);
    await other;
    await stopping;
    expect(backend.alive).toBe(0);
    expect(backend.steps.made).toBe(10);
    const [others, left] = backend.works;
    expect(Number(left?.startedAt)).toBeGreaterThanOrEqual(Number(others?.endedAt));
  });

  it('is not there any more: nothing is done', async () => {
    const { backend, provider } = await start();
    await provider.stopLeft?.('task(txt2img-long-gone)', signal);
    expect(backend.interrupts).toBe(0);
  });

  it('is waited for where Forge does not tell of tasks: whatever runs may be it', async () => {
    const { backend, provider } = await start({ steps: 0, flavour: 'a1111', webui: false });
    const upstreamId = await leaveBehind(backend);
    expect(backend.alive).toBe(1);
    const stopping = provider.stopLeft?.(upstreamId, signal);
    backend.steps.allow();
    await stopping;
    expect(backend.alive).toBe(0);
    expect(backend.interrupts).toBe(0);
    expect(backend.works[0]?.endedAt).toBeDefined();
  });

  it('cannot be ended while Forge cannot be reached', async () => {
    const { backend, provider } = await start({ steps: 0 });
    const upstreamId = await leaveBehind(backend);
    backend.unplug();
    await expect(provider.stopLeft?.(upstreamId, signal)).rejects.toMatchObject({ code: 'NETWORK_DISCONNECTED' });
  });
});
