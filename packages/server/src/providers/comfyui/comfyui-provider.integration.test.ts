import { randomUUID } from 'node:crypto';
import { type FakeComfyui, type FakeComfyuiOptions, startFakeComfyui } from '@darkroom/fake-backends';
import sharp from 'sharp';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { registerProviderContract } from '../../provider.contract.ts';
import { Detached, type GenerateRequest, type Provider, type Update } from '../../provider.ts';
import { isProviderError, type ProviderError } from '../../provider-error.ts';
import { eventually, eventuallyEqual } from '../../testing/eventually.ts';
import { type ComfyuiConfig, type ComfyuiPace, parseComfyuiConfig } from './comfyui-config.ts';
import { createComfyuiProvider } from './comfyui-provider.ts';
import { parseWorkflow } from './comfyui-workflow.ts';

const PACE: Partial<ComfyuiPace> = {
  pollMs: 50,
  waitingPollMs: 100,
  safetyPollMs: 2_000,
  silentMs: 3_600_000,
  outageMs: Number.POSITIVE_INFINITY,
  reconcileMs: 400,
};

const configOf = (url: string, options = '') => ({
  ...parseComfyuiConfig(new URL(`comfyui+${url}${options}`)),
  pace: PACE,
});

registerProviderContract({
  name: 'comfyui of 2026',
  startBackend: (options) => startFakeComfyui(options),
  createProvider: ({ url }) => createComfyuiProvider(configOf(url)),
  previews: 6,
});

registerProviderContract({
  name: 'comfyui 0.3 with --preview-method auto',
  startBackend: (options) => startFakeComfyui({ ...options, dialect: '0.3', previewMethod: 'auto' }),
  createProvider: ({ url }) => createComfyuiProvider(configOf(url)),
  previews: 6,
});

registerProviderContract({
  name: 'comfyui without WebSocket',
  startBackend: async (options) => {
    const backend = await startFakeComfyui(options);
    backend.sockets.refuses = true;
    return backend;
  },
  createProvider: ({ url }) => {
    const provider = createComfyuiProvider(configOf(url));
    const { capabilities } = provider;
    // What it promises, less what only the WebSocket brings; resuming has a test of its own below.
    return Object.defineProperty(provider, 'capabilities', {
      value: { ...capabilities, previews: false, progress: false, resume: false },
    });
  },
});

const REQUEST: GenerateRequest = {
  prompt: 'a lighthouse at dusk',
  negativePrompt: undefined,
  size: 512,
  steps: 8,
  cfg: undefined,
  sampler: undefined,
  model: undefined,
  style: undefined,
  seed: 42,
  input: undefined,
};

interface Stage {
  readonly backend: FakeComfyui;
  readonly provider: Provider;
}

async function stage(options: FakeComfyuiOptions = {}, change: Partial<ComfyuiConfig> = {}): Promise<Stage> {
  const backend = await startFakeComfyui({ edge: 64, ...options });
  const provider = createComfyuiProvider({ ...configOf(backend.url), ...change });
  onTestFinished(async () => {
    await provider.close();
    await backend.close();
  });
  return { backend, provider };
}

interface Watched {
  readonly updates: Update[];
  /** What it threw. */
  readonly ended: Promise<unknown>;
  readonly stop: AbortController;
}

function watch(provider: Provider, change: Partial<GenerateRequest> = {}, resume?: string): Watched {
  const updates: Update[] = [];
  const stop = new AbortController();
  const consume = async () => {
    const context = { signal: stop.signal, ...(resume !== undefined && { resume }) };
    for await (const update of provider.generate({ ...REQUEST, ...change }, context)) updates.push(update);
  };
  const ended = consume().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { updates, ended, stop };
}

async function errorOf({ ended }: Watched): Promise<ProviderError> {
  const thrown = await ended;
  if (isProviderError(thrown)) return thrown;
  throw new Error(`expected a ProviderError, got ${String(thrown)}`);
}

const count = ({ updates }: Watched, type: Update['type']) => updates.filter((update) => update.type === type).length;
const bodyOf = ({ submissions }: FakeComfyui, index = 0) => submissions[index]?.body;

async function expectPicture(run: Watched): Promise<void> {
  expect(await run.ended).toBeUndefined();
  expect(count(run, 'image')).toBe(1);
}

describe('comfyui: whose events are they', () => {
  it('waits for the greeting before it submits: no event is missed, and each preview follows its step', async () => {
    const { backend, provider } = await stage();
    const run = watch(provider);
    await expectPicture(run);
    const told = run.updates.flatMap((update): (number | 'preview')[] => {
      if (update.type === 'progress' && update.step !== undefined) return [update.step];
      return update.type === 'preview' ? ['preview'] : [];
    });
    const steps = told.filter((entry, index) => told[index + 1] === 'preview' || entry === 'preview');
    expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8].flatMap((step) => [step, 'preview']));
    expect(backend.sockets.opened).toHaveLength(1);
    expect(bodyOf(backend)).toMatchObject({ client_id: backend.sockets.opened[0] });
  });

  it.each([true, false])(
    'a neighbour’s frames reach every socket, and are not ours (previews with ids: %s)',
    async (negotiates) => {
      const { backend, provider } = await stage({ steps: 0, previewMethod: 'auto' });
      backend.sockets.negotiates = negotiates;
      backend.enqueueNeighbour({ steps: 10 });
      const run = watch(provider);
      await eventuallyEqual(() => count(run, 'waiting'), 1);
      expect(run.updates).toMatchObject([{ type: 'accepted' }, { type: 'waiting', position: 1 }]);
      backend.steps.allow();
      await expectPicture(run);
      expect(count(run, 'preview')).toBe(8);
    },
  );

  it('tells the place in the queue anew when it changes', async () => {
    const { backend, provider } = await stage({ steps: 0 });
    for (let i = 0; i < 3; i++) backend.enqueueNeighbour({ steps: 10 });
    const run = watch(provider);
    for (let told = 1; told <= 3; told++) {
      await eventuallyEqual(() => count(run, 'waiting'), told);
      backend.steps.allow(10);
    }
    backend.steps.allow();
    await expectPicture(run);
    const places = run.updates.filter((update) => update.type === 'waiting').map(({ position }) => position);
    expect(places).toEqual([3, 2, 1]);
  });

  it('one WebSocket for all, each with its own picture; closed when nobody listens', async () => {
    const { backend, provider } = await stage();
    const runs = [1, 2, 3].map((seed) => watch(provider, { seed }));
    const pictures = new Set<string>();
    for (const run of runs) {
      await expectPicture(run);
      expect(count(run, 'preview')).toBe(8);
      const last = run.updates.at(-1);
      if (last?.type === 'image') pictures.add(Buffer.from(last.image.bytes).toString('base64'));
    }
    expect(pictures.size).toBe(3);
    expect(backend.sockets.opened).toHaveLength(1);
    await expectPicture(watch(provider, { seed: 4 }));
    expect(new Set(backend.sockets.opened).size).toBe(1);
  });

  it('a server that chooses the id itself is followed by that one', async () => {
    const { provider } = await stage({ choosesIds: true });
    const run = watch(provider);
    await expectPicture(run);
  });
});

describe('comfyui: connections', () => {
  it('a WebSocket that breaks is opened again, and goes on telling', async () => {
    const { backend, provider } = await stage({ steps: 2 });
    const run = watch(provider);
    await eventuallyEqual(() => count(run, 'preview'), 2);
    backend.sockets.cut();
    await eventuallyEqual(() => backend.sockets.opened.length, 2);
    backend.steps.allow();
    await expectPicture(run);
    expect(count(run, 'preview')).toBeGreaterThanOrEqual(4);
    expect(backend.sockets.opened).toHaveLength(2);
    expect(new Set(backend.sockets.opened).size).toBe(1);
  });

  it('a WebSocket that the server has forgotten is noticed by its silence', async () => {
    const { backend, provider } = await stage({ steps: 1 }, { pace: { ...PACE, silentMs: 50 } });
    const steps = 14;
    const run = watch(provider, { steps });
    await eventuallyEqual(() => count(run, 'preview'), 1);
    backend.sockets.cut();
    await eventuallyEqual(() => backend.sockets.opened.length, 2);
    // The server notices the end of the old connection only now: a close of the same id makes the new one deaf.
    const old = new WebSocket(`${backend.url.replace('http', 'ws')}/ws?clientId=${backend.sockets.opened[0]}`);
    await new Promise((resolve) => old.once('open', resolve));
    old.close();
    await new Promise((resolve) => old.once('close', resolve));
    const before = count(run, 'preview');
    for (let step = 2; step <= steps; step++) {
      const seen = count(run, 'preview') + backend.sockets.opened.length;
      backend.steps.allow(1);
      // It hears the step, or finds itself deaf.
      await eventually(() => count(run, 'preview') + backend.sockets.opened.length > seen);
    }
    await expectPicture(run);
    expect(backend.sockets.opened.length).toBeGreaterThanOrEqual(4);
    expect(count(run, 'preview')).toBeGreaterThan(before + 2);
  });

  it('refused WebSockets: the job goes on by polling, its place included', async () => {
    const { backend, provider } = await stage({ steps: 0 });
    backend.sockets.refuses = true;
    backend.enqueueNeighbour({ steps: 8 });
    const run = watch(provider);
    await eventuallyEqual(() => count(run, 'waiting'), 1);
    backend.steps.allow(8);
    await eventuallyEqual(() => count(run, 'progress'), 1);
    backend.steps.allow();
    await expectPicture(run);
    expect(run.updates.map(({ type }) => type)).toEqual(['accepted', 'waiting', 'progress', 'image']);
  });

  it('an outage that does not end: the picture may still be made', async () => {
    const { backend, provider } = await stage({ steps: 1 }, { pace: { ...PACE, outageMs: 20 } });
    const run = watch(provider);
    await eventuallyEqual(() => count(run, 'preview'), 1);
    backend.unplug();
    expect(await errorOf(run)).toMatchObject({ code: 'NETWORK_DISCONNECTED', retryable: true, mayStillRun: true });
    await backend.plugIn();
  });
});

describe('comfyui: the fate of a submission', () => {
  it('an answer that was lost: the work is found, and gone on with', async () => {
    const { backend, provider } = await stage();
    backend.quirk('lost-answer');
    await expectPicture(watch(provider));
    expect(backend.submissions).toHaveLength(1);
  });

  it('the same without a WebSocket, and after the work has ended', async () => {
    const { backend, provider } = await stage();
    backend.sockets.refuses = true;
    backend.quirk('lost-answer');
    await expectPicture(watch(provider));
    expect(backend.submissions).toHaveLength(1);
  });

  it('a request that was lost: not found, but it may still come', async () => {
    const { backend, provider } = await stage();
    backend.quirk('lost-request');
    expect(await errorOf(watch(provider))).toMatchObject({ code: 'NETWORK_DISCONNECTED', mayStillRun: true });
    expect(backend.submissions).toHaveLength(1);
  });

  it('the same graph again is answered from the cache', async () => {
    const { provider } = await stage();
    await expectPicture(watch(provider));
    const again = watch(provider);
    await expectPicture(again);
    expect(count(again, 'preview')).toBe(0);
  });

  it('a graph that is run in parts, without our picture, is refused and stopped', async () => {
    const { backend, provider } = await stage({ steps: 0 }, { textToImage: IN_PARTS });
    const error = await errorOf(watch(provider));
    expect(error).toMatchObject({ code: 'INVALID_PROMPT', mayStillRun: false });
    expect(error.message).toBe('ComfyUI does not have the sampler “nonsense”.');
    expect(backend.alive).toBe(0);
  });

  it.each(['0.3', '2026'] as const)('an unknown model is said by name (%s)', async (dialect) => {
    const { provider } = await stage({ dialect });
    const error = await errorOf(watch(provider, { model: 'missing.safetensors' }));
    expect(error).toMatchObject({ code: 'INVALID_PROMPT', retryable: false });
    expect(error.message).toBe('ComfyUI does not have the model “missing.safetensors”.');
  });

  it.each(['0.3', '2026'] as const)('a node that is not installed (%s)', async (dialect) => {
    const { provider } = await stage({ dialect }, { textToImage: withNode('FancyCustomNode') });
    const error = await errorOf(watch(provider));
    expect(error.code).toBe('INVALID_PROMPT');
    expect(error.message).toBe('The workflow has a node that is not installed in ComfyUI.');
  });

  it('tracebacks and paths stay in the log', async () => {
    const { provider } = await stage({}, { textToImage: parseWorkflow({ ...PARTS, 9: save(['77', 0]) }, 'text') });
    const error = await errorOf(watch(provider));
    expect(error.code).toBe('INVALID_PROMPT');
    expect(error.message).not.toMatch(/File|\/opt|Traceback/);
    expect(String(error.cause)).toContain('/opt/ComfyUI');
  });
});

describe('comfyui: how work ends', () => {
  it.each(['late-history', 'cleared-history', 'execution-blocked'] as const)('%s: still its picture', async (quirk) => {
    const { backend, provider } = await stage();
    backend.quirk(quirk);
    await expectPicture(watch(provider));
  });

  it.each([true, false])(
    'a node that fails: by the event or by the history (WebSocket refused: %s)',
    async (refuses) => {
      const { backend, provider } = await stage();
      backend.sockets.refuses = refuses;
      backend.quirk('node-exception');
      const error = await errorOf(watch(provider));
      expect(error).toMatchObject({ code: 'SERVER_ERROR', retryable: false, mayStillRun: false });
      expect(error.message).toBe('The node KSampler of the ComfyUI workflow failed (RuntimeError).');
    },
  );

  it('a node that lost its connection may be tried again, once', async () => {
    const { backend, provider } = await stage();
    backend.quirk('api-connection-error');
    expect(await errorOf(watch(provider))).toMatchObject({ code: 'SERVER_ERROR', retryable: true, retries: 1 });
  });

  it('no picture of the save node', async () => {
    const { backend, provider } = await stage();
    backend.quirk('no-picture');
    expect(await errorOf(watch(provider))).toMatchObject({ code: 'SERVER_ERROR', retryable: false });
  });

  it.each([true, false])('stopped by hand at the backend (WebSocket refused: %s)', async (refuses) => {
    const { backend, provider } = await stage({ steps: 1 });
    backend.sockets.refuses = refuses;
    const run = watch(provider);
    await eventuallyEqual(() => backend.mostRunning, 1);
    await eventuallyEqual(() => count(run, 'accepted'), 1);
    backend.interruptByHand();
    const error = await errorOf(run);
    expect(error).toMatchObject({ code: 'PROVIDER_REJECTED', retryable: false, mayStillRun: false });
    expect(error.message).toBe('The picture was stopped by hand in ComfyUI.');
  });

  it('removed by hand from the queue: lost, and may be submitted again', async () => {
    const { backend, provider } = await stage();
    backend.plan({ kind: 'held' });
    const run = watch(provider);
    await eventuallyEqual(() => count(run, 'waiting'), 1);
    const first = run.updates[0];
    backend.deleteByHand(first?.type === 'accepted' ? first.upstreamId : '');
    expect(await errorOf(run)).toMatchObject({ code: 'SERVER_ERROR', retryable: true, mayStillRun: false });
  });

  it.each(['0.3', '2026'] as const)('cancelling waiting work leaves the neighbour’s alone (%s)', async (dialect) => {
    const { backend, provider } = await stage({ dialect, steps: 0 });
    backend.enqueueNeighbour({ steps: 20 });
    const run = watch(provider);
    await eventuallyEqual(() => count(run, 'waiting'), 1);
    run.stop.abort(new Error('no longer wanted'));
    expect(await run.ended).toMatchObject({ message: 'no longer wanted' });
    expect(backend.alive).toBe(1);
    expect(backend.requests).not.toContain('POST /interrupt');
    expect(backend.requests.includes('POST /queue')).toBe(dialect === '0.3');
  });

  it('an abort while the submission is under way stops what came of it', async () => {
    const { backend, provider } = await stage({ steps: 0 });
    const run = watch(provider);
    await eventuallyEqual(() => backend.submissions.length, 1);
    run.stop.abort(new Detached());
    expect(await run.ended).toBeInstanceOf(Detached);
    if (count(run, 'accepted') === 0) await eventuallyEqual(() => backend.alive, 0);
  });

  it('[J8] told, and never submitted: it is lost, and may be submitted anew', async () => {
    const { provider } = await stage();
    const resumed = watch(provider, {}, randomUUID());
    expect(await resumed.ended).toMatchObject({ retryable: true, mayStillRun: false });
  });

  it('[J8] resumed by another process without a WebSocket', async () => {
    const { backend, provider } = await stage({ steps: 0 });
    backend.sockets.refuses = true;
    const first = watch(provider);
    await eventuallyEqual(() => backend.alive, 1);
    first.stop.abort(new Detached());
    await first.ended;
    expect(backend.alive).toBe(1);
    const accepted = first.updates[0];
    const second = watch(provider, {}, accepted?.type === 'accepted' ? accepted.upstreamId : '');
    backend.steps.allow();
    await expectPicture(second);
    expect(backend.submissions).toHaveLength(1);
  });

  it('[J8] resumed by another process: its previews are heard too', async () => {
    const { backend, provider } = await stage({ steps: 2 });
    const first = watch(provider);
    await eventuallyEqual(() => count(first, 'preview'), 2);
    first.stop.abort(new Detached());
    await first.ended;
    // A close that ComfyUI notices later would make the next connection deaf.
    await eventuallyEqual(() => backend.sockets.open, 0);
    const accepted = first.updates[0];
    const next = createComfyuiProvider(configOf(backend.url));
    onTestFinished(() => next.close());
    const second = watch(next, {}, accepted?.type === 'accepted' ? accepted.upstreamId : '');
    await eventuallyEqual(() => backend.sockets.open, 1);
    backend.steps.allow();
    await expectPicture(second);
    expect(count(second, 'preview')).toBeGreaterThan(1);
    expect(backend.sockets.opened).toHaveLength(2);
  });
});

describe('comfyui: work that an earlier run has left', () => {
  it.each(['held', 'normal'] as const)('is ended, whether it waits or runs (%s), and nothing else is', async (kind) => {
    const { backend, provider } = await stage({ steps: 1 });
    backend.plan({ kind });
    const first = watch(provider);
    await eventually(() => count(first, kind === 'held' ? 'waiting' : 'progress') > 0);
    first.stop.abort(new Detached());
    await first.ended;
    backend.enqueueNeighbour();
    const [accepted] = first.updates;
    const { signal } = new AbortController();
    await provider.stopLeft?.(accepted?.type === 'accepted' ? accepted.upstreamId : '', signal);
    await provider.stopLeft?.('long-gone', signal);
    const [left] = backend.works;
    expect(left?.endedAt).toBeDefined();
    expect(left?.startedAt === undefined).toBe(kind === 'held');
    backend.steps.allow();
    await eventuallyEqual(() => backend.alive, 0);
    expect(backend.works).toHaveLength(2);
  });

  it('cannot be ended while ComfyUI cannot be reached', async () => {
    const { backend, provider } = await stage();
    backend.unplug();
    await expect(provider.stopLeft?.('u', new AbortController().signal)).rejects.toMatchObject({ retryable: true });
  });
});

describe('comfyui: what is asked for', () => {
  it('everything a job says stands in the graph', async () => {
    const { backend, provider } = await stage({}, { scheduler: 'karras' });
    const prompt = 'ein Boot, {{seed}} "quoted" ☂';
    const change = {
      prompt,
      negativePrompt: 'blurry',
      cfg: 3.5,
      sampler: 'dpmpp_2m',
      model: 'dreamshaper_8.safetensors',
    };
    await expectPicture(watch(provider, { ...change, size: 768 }));
    expect(bodyOf(backend)).toMatchObject({
      extra_data: { preview_method: 'auto' },
      prompt: {
        3: { inputs: { seed: 42, steps: 8, cfg: 3.5, sampler_name: 'dpmpp_2m', scheduler: 'karras', denoise: 1 } },
        4: { inputs: { ckpt_name: 'dreamshaper_8.safetensors' } },
        5: { inputs: { width: 768, height: 768 } },
        6: { inputs: { text: prompt } },
        7: { inputs: { text: 'blurry' } },
      },
    });
  });

  it('without a model: the configured one, else the first that is installed', async () => {
    const { backend, provider } = await stage();
    await expectPicture(watch(provider));
    expect(bodyOf(backend)).toMatchObject({
      prompt: { 4: { inputs: { ckpt_name: 'v1-5-pruned-emaonly.safetensors' } } },
    });
    const configured = await stage({}, { checkpoint: 'dreamshaper_8.safetensors' });
    await expectPicture(watch(configured.provider));
    expect(bodyOf(configured.backend)).toMatchObject({
      prompt: { 4: { inputs: { ckpt_name: 'dreamshaper_8.safetensors' } } },
    });
  });

  it('no model installed', async () => {
    const { backend, provider } = await stage({ checkpoints: [] });
    expect(await errorOf(watch(provider))).toMatchObject({ code: 'PROVIDER_REJECTED', mayStillRun: false });
    expect(backend.submissions).toHaveLength(0);
    expect(await provider.health()).toEqual({
      ok: true,
      reason: 'no-models',
      message: 'ComfyUI has no model installed that the workflow could use.',
    });
  });

  it.each(['0.3', '2026'] as const)('health learns models and samplers, in the shape of %s', async (dialect) => {
    const { provider } = await stage({ dialect }, { checkpoint: 'gone.safetensors' });
    expect(provider.capabilities).toMatchObject({ models: null, samplers: null });
    expect(await provider.health()).toEqual({
      ok: true,
      reason: 'model-missing',
      message: 'ComfyUI does not have the model “gone.safetensors”.',
    });
    expect(provider.capabilities.models).toEqual(['v1-5-pruned-emaonly.safetensors', 'dreamshaper_8.safetensors']);
    expect(provider.capabilities.samplers).toContain('dpmpp_2m');
  });

  it('image-to-image: uploaded once under a plain name, begun with as far as asked', async () => {
    const { backend, provider } = await stage();
    const bytes = await sharp({ create: { width: 512, height: 512, channels: 3, background: '#336699' } })
      .png()
      .toBuffer();
    const input = { image: { bytes, type: 'image/png' }, strength: 0.4 } as const;
    await expectPicture(watch(provider, { input }));
    await expectPicture(watch(provider, { input, seed: 43 }));
    expect(bodyOf(backend)).toMatchObject({
      prompt: {
        3: { inputs: { denoise: 0.4, latent_image: ['5', 0] } },
        5: { class_type: 'VAEEncode' },
        10: { inputs: { image: expect.stringMatching(/^darkroom-[0-9a-f]{32}\.png$/) } },
      },
    });
    expect(backend.files.inputNames()).toHaveLength(1);
  });

  it('a workflow of the user’s own says what can be chosen', async () => {
    const { provider } = await stage({}, { textToImage: FLUX, imageToImage: undefined });
    await provider.health();
    expect(provider.capabilities).toMatchObject({
      models: ['flux1-dev.safetensors'],
      samplers: [],
      cfg: false,
      negativePrompt: false,
      seed: true,
      imageToImage: false,
    });
    await expectPicture(watch(provider));
  });
});

const save = (images: readonly unknown[]) => ({
  class_type: 'SaveImage',
  inputs: { filename_prefix: 'mine', images },
});

/** A sampler and its latent, without text or decoder: valid for a fake that has no model. */
const sampler = (more: Readonly<Record<string, unknown>> = {}) => ({
  class_type: 'KSampler',
  inputs: {
    seed: '{{seed}}',
    steps: '{{steps|6}}',
    cfg: 1,
    sampler_name: 'euler',
    scheduler: 'simple',
    denoise: 1,
    model: ['1', 0],
    positive: ['2', 0],
    negative: ['2', 0],
    latent_image: ['4', 0],
    ...more,
  },
});

const PARTS = {
  1: { class_type: 'UNETLoader', inputs: { unet_name: '{{model}}', weight_dtype: 'default' } },
  2: { class_type: 'CLIPTextEncode', inputs: { text: '{{prompt}}, studio light', clip: ['1', 1] } },
  3: sampler(),
  4: { class_type: 'EmptyLatentImage', inputs: { width: '{{width}}', height: '{{height}}', batch_size: 1 } },
};

const FLUX = parseWorkflow({ ...PARTS, 9: save(['3', 0]) }, 'text');

/** Our picture cannot be made, but a preview of something else can. */
const IN_PARTS = parseWorkflow(
  {
    ...PARTS,
    8: { class_type: 'PreviewImage', inputs: { images: ['3', 0] } },
    5: sampler({ sampler_name: 'nonsense' }),
    9: save(['5', 0]),
  },
  'text',
);

const withNode = (class_type: string) =>
  parseWorkflow({ ...PARTS, 9: save(['3', 0]), 11: { class_type, inputs: {} } }, 'text');
