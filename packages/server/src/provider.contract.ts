import type { Behaviour, FakeBackend, FakeOptions } from '@darkroom/fake-backends';
import type { ErrorCode } from '@darkroom/protocol';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Detached, type GenerateContext, type GenerateRequest, type Provider, type Update } from './provider.ts';
import { isProviderError, type ProviderError } from './provider-error.ts';
import { eventually, eventuallyEqual } from './testing/eventually.ts';
import { untilRefused } from './testing/refused-connections.ts';

/** How a run is to end: with its picture, or with this error. */
export type Outcome =
  | 'picture'
  | {
      readonly code: ErrorCode;
      readonly retryable: boolean;
      /** Whether a second picture could be made by submitting again. */
      readonly mayStillRun: boolean;
    };

/** A way for a backend to misbehave. */
export type Trouble =
  | 'server error'
  | 'rate limit'
  | 'rejection'
  | 'invalid request'
  | 'out of memory'
  | 'garbage'
  | 'cut in the middle'
  | 'gone for a while'
  | 'restarted in the middle';

export interface ProviderContract {
  readonly name: string;
  /** Starts the backend outside. */
  readonly startBackend: (options: FakeOptions) => Promise<FakeBackend>;
  /** Makes a provider of it, as `compose.ts` would. */
  readonly createProvider: (backend: FakeBackend) => Promise<Provider> | Provider;
  /** Where the backend's ways differ from `USUAL`. */
  readonly outcomes?: Readonly<Partial<Record<Trouble, Outcome>>>;
  /** Fewest previews of a run of 8 steps; default 1 where `capabilities.previews`. */
  readonly previews?: number;
}

const NOT_RUN = { retryable: true, mayStillRun: false } as const;
const REFUSED = { retryable: false, mayStillRun: false } as const;

/** What each trouble means, unless the backend's protocol says otherwise. */
const USUAL: Readonly<Record<Trouble, Outcome>> = {
  'server error': { code: 'SERVER_ERROR', ...NOT_RUN },
  'rate limit': { code: 'PROVIDER_RATE_LIMIT', ...NOT_RUN },
  rejection: { code: 'PROVIDER_REJECTED', ...REFUSED },
  'invalid request': { code: 'INVALID_PROMPT', ...REFUSED },
  'out of memory': { code: 'SERVER_ERROR', ...REFUSED },
  garbage: { code: 'SERVER_ERROR', retryable: true, mayStillRun: true },
  'cut in the middle': 'picture',
  'gone for a while': 'picture',
  'restarted in the middle': { code: 'SERVER_ERROR', ...NOT_RUN },
};

const RETRY_AFTER_S = 7;

/** Troubles that a submission meets from its start. */
const PLANNED: Readonly<Partial<Record<Trouble, Behaviour>>> = {
  'server error': { kind: 'fails', how: 'server-error' },
  'rate limit': { kind: 'fails', how: 'rate-limit', retryAfterS: RETRY_AFTER_S },
  rejection: { kind: 'fails', how: 'rejection' },
  'invalid request': { kind: 'fails', how: 'invalid' },
  'out of memory': { kind: 'fails', how: 'out-of-memory' },
  garbage: { kind: 'garbage' },
  'cut in the middle': { kind: 'cut' },
};

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

/** Steps until the middle of a run. */
const HALF = REQUEST.steps / 2;
/** Connections that are refused before a network that is gone comes back. */
const OUTAGE_TRIES = 3;

/** A run that is being watched. */
class Run {
  readonly updates: Update[] = [];
  readonly #stop = new AbortController();
  readonly #ended: Promise<unknown>;

  constructor(
    provider: Provider,
    { resume, ...request }: Partial<GenerateRequest> & Pick<GenerateContext, 'resume'> = {},
  ) {
    this.#ended = this.#consume(provider, { ...REQUEST, ...request }, resume).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
  }

  async #consume(provider: Provider, request: GenerateRequest, resume: string | undefined): Promise<void> {
    const context = { signal: this.#stop.signal, ...(resume !== undefined && { resume }) };
    for await (const update of provider.generate(request, context)) this.updates.push(update);
  }

  get upstreamId(): string | undefined {
    const first = this.updates[0];
    return first?.type === 'accepted' ? first.upstreamId : undefined;
  }

  of<Type extends Update['type']>(type: Type): Extract<Update, { type: Type }>[] {
    return this.updates.filter((update): update is Extract<Update, { type: Type }> => update.type === type);
  }

  abort(reason: Error = new Error('no longer wanted')): Error {
    this.#stop.abort(reason);
    return reason;
  }

  /** What it threw; undefined if it ended well. */
  get thrown(): Promise<unknown> {
    return this.#ended;
  }

  async error(): Promise<ProviderError> {
    const thrown = await this.#ended;
    if (isProviderError(thrown)) return thrown;
    throw new Error(`expected a ProviderError, got ${String(thrown)} after ${this.updates.length} updates`);
  }

  async expect(outcome: Outcome): Promise<void> {
    if (outcome === 'picture') {
      expect(await this.#ended).toBeUndefined();
      expect(this.of('image')).toHaveLength(1);
      return;
    }
    const { code, retryable, mayStillRun, message } = await this.error();
    expect({ code, retryable, mayStillRun }, message).toEqual(outcome);
    expect(message).toMatch(/^[A-Z“‘].*[.!?]$/s);
    expect(this.of('image')).toHaveLength(0);
  }
}

/** Every adapter against its backend: what it says, what its failures mean, and that nothing is left behind. */
export function registerProviderContract(contract: ProviderContract): void {
  const { name, startBackend, createProvider } = contract;
  const outcomes = { ...USUAL, ...contract.outcomes };

  describe(`${name} keeps the provider's contract`, () => {
    let backend: FakeBackend;
    let provider: Provider;
    let timersBefore: number;
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

    beforeEach(async () => {
      timersBefore = timers();
      backend = await startBackend({ edge: 64 });
      provider = await createProvider(backend);
    });
    afterEach(async () => {
      await provider.close();
      await eventuallyEqual(() => backend.connections, 0);
      await backend.close();
      // Not by `eventually`: its own timer would count.
      for (const until = performance.now() + 100_000; timers() > timersBefore && performance.now() < until; )
        await new Promise((resolve) => setImmediate(resolve));
      expect(timers()).toBeLessThanOrEqual(timersBefore);
    });

    /** A run that has done half of its steps, and makes no other until `backend.steps.allow()`. */
    const startHalf = async () => {
      backend.steps.pause();
      const run = new Run(provider);
      backend.steps.allow(HALF);
      await eventuallyEqual(() => backend.steps.made, HALF);
      if (provider.capabilities.previews) await eventually(() => run.of('preview').length > 0);
      else if (provider.capabilities.progress) await eventually(() => run.of('progress').length > 0);
      return run;
    };

    it('makes one picture of one submission, and says its updates in order', async () => {
      const run = new Run(provider);
      await run.expect('picture');
      const types = run.updates.map(({ type }) => type);
      expect(types.lastIndexOf('accepted')).toBeLessThanOrEqual(0);
      expect(types.indexOf('image')).toBe(types.length - 1);
      const percents = run.of('progress').map(({ percent }) => percent);
      expect(percents).toEqual(percents.toSorted((a, b) => a - b));
      for (const percent of percents) expect(percent).toSatisfy((value: number) => value >= 0 && value <= 100);
      expect(backend.submissions).toHaveLength(1);
      expect(backend.alive).toBe(0);
    });

    it('hands over pictures that can be read, of the type it says', async () => {
      const run = new Run(provider);
      await run.expect('picture');
      for (const { image } of [...run.of('preview'), ...run.of('image')]) {
        const { format, width } = await sharp(image.bytes).metadata();
        expect(`image/${format}`).toBe(image.type);
        expect(width).toBeGreaterThan(0);
      }
    });

    it('tells what its capabilities promise', async () => {
      const run = await startHalf();
      backend.steps.allow();
      await run.expect('picture');
      const { capabilities } = provider;
      if (capabilities.previews) expect(run.of('preview').length).toBeGreaterThanOrEqual(contract.previews ?? 1);
      else expect(run.of('preview')).toHaveLength(0);
      if (capabilities.progress) expect(run.of('progress').length).toBeGreaterThan(0);
      if (capabilities.resume) expect(run.upstreamId).toBeDefined();
    });

    it('runs as many at once as it may, each with its own picture', async () => {
      const runs = Array.from({ length: provider.concurrency }, (_, index) => new Run(provider, { seed: index }));
      for (const run of runs) await run.expect('picture');
      expect(backend.submissions).toHaveLength(runs.length);
    });

    it('waits as long as a slow backend needs', async () => {
      backend.plan({ kind: 'held' });
      const run = new Run(provider);
      await eventuallyEqual(() => backend.alive, 1);
      backend.steps.pause();
      backend.release();
      for (let step = 1; step <= REQUEST.steps; step++) {
        await eventuallyEqual(() => backend.steps.waiting, 1);
        backend.steps.allow(1);
      }
      await run.expect('picture');
    });

    it('cancelled while the backend has it waiting: ends by the signal’s reason, and the backend is free', async () => {
      backend.plan({ kind: 'held' });
      const run = new Run(provider);
      await eventuallyEqual(() => backend.alive, 1);
      const reason = run.abort();
      expect(await run.thrown).toBe(reason);
      if (provider.capabilities.cancel === 'detaches') backend.release();
      await eventuallyEqual(() => backend.alive, 0);
    });

    it('cancelled while running: ends by the signal’s reason, and the backend is free', async () => {
      const run = await startHalf();
      const reason = run.abort();
      expect(await run.thrown).toBe(reason);
      if (provider.capabilities.cancel === 'detaches') backend.steps.allow();
      await eventuallyEqual(() => backend.alive, 0);
      expect(run.of('image')).toHaveLength(0);
      backend.steps.allow();
      await new Run(provider).expect('picture');
    });

    it('cancelled before it began: nothing is submitted', async () => {
      const stop = new AbortController();
      stop.abort(new Error('too late'));
      const updates = provider.generate(REQUEST, { signal: stop.signal });
      await expect(updates[Symbol.asyncIterator]().next()).rejects.toThrow('too late');
      expect(backend.submissions).toHaveLength(0);
    });

    it('a backend that falls silent is waited for, and let go of at the signal', async () => {
      backend.plan({ kind: 'silence' });
      const run = new Run(provider);
      await eventuallyEqual(() => backend.submissions.length, 1);
      const reason = run.abort();
      expect(await run.thrown).toBe(reason);
      if (provider.capabilities.cancel === 'stops') await eventuallyEqual(() => backend.alive, 0);
    });

    it.each(Object.entries(PLANNED))(
      '%s: the right error, one submission, and the next run is well',
      async (trouble, plan) => {
        const outcome = outcomes[trouble as Trouble];
        backend.plan(plan);
        backend.steps.pause();
        const run = new Run(provider);
        backend.steps.allow(HALF);
        if (outcome === 'picture') {
          await eventuallyEqual(() => backend.steps.made, HALF);
          backend.steps.allow();
        }
        await run.expect(outcome);
        expect(backend.submissions).toHaveLength(1);
        backend.steps.allow();
        await new Run(provider).expect('picture');
      },
    );

    it('a rate limit hands on the pause that was asked for', async () => {
      backend.plan({ kind: 'fails', how: 'rate-limit', retryAfterS: RETRY_AFTER_S });
      const { retryAfterMs } = await new Run(provider).error();
      expect(retryAfterMs).toBeGreaterThan((RETRY_AFTER_S - 2) * 1_000);
      expect(retryAfterMs).toBeLessThanOrEqual(RETRY_AFTER_S * 1_000);
    });

    it('a network that is gone for a while', async () => {
      const run = await startHalf();
      backend.unplug();
      backend.steps.allow();
      await eventuallyEqual(() => backend.alive, 0);
      await Promise.race([untilRefused(backend.url, OUTAGE_TRIES), run.thrown]);
      await backend.plugIn();
      await run.expect(outcomes['gone for a while']);
      expect(backend.submissions).toHaveLength(1);
    });

    it('a backend that is restarted in the middle', async () => {
      const run = await startHalf();
      await backend.restart();
      if (outcomes['restarted in the middle'] === 'picture') backend.steps.allow();
      await run.expect(outcomes['restarted in the middle']);
      expect(backend.submissions).toHaveLength(1);
      backend.steps.allow();
      await new Run(provider).expect('picture');
    });

    it('a backend that cannot be reached: nothing ran, so it may be tried again', async () => {
      backend.unplug();
      await new Run(provider).expect({ code: 'NETWORK_DISCONNECTED', ...NOT_RUN });
      await backend.plugIn();
      await new Run(provider).expect('picture');
    });

    it('[J8] where it says that all of its work can be traced, the id is told before the work is submitted', async () => {
      const stop = new AbortController();
      const updates = provider.generate(REQUEST, { signal: stop.signal })[Symbol.asyncIterator]();
      const first = await updates.next();
      if (provider.capabilities.traceable) {
        expect(first.value).toMatchObject({ type: 'accepted' });
        expect(backend.submissions).toHaveLength(0);
        await updates.next();
        expect(backend.submissions).toHaveLength(1);
      }
      stop.abort(new Error('no longer wanted'));
      await updates.return?.();
    });

    it('[J8] detached and resumed, by another process: the same work, no second submission', async () => {
      if (!provider.capabilities.resume) return;
      const first = await startHalf();
      const reason = first.abort(new Detached());
      expect(await first.thrown).toBe(reason);
      expect(backend.alive).toBe(1);
      await provider.close();
      provider = await createProvider(backend);
      const second = new Run(provider, { resume: first.upstreamId ?? '' });
      backend.steps.allow();
      await second.expect('picture');
      expect(second.of('accepted')).toHaveLength(0);
      expect(backend.submissions).toHaveLength(1);
    });

    it('[J8] resumed after the work has ended: its picture is still had', async () => {
      if (!provider.capabilities.resume) return;
      backend.steps.pause();
      const first = new Run(provider);
      await eventuallyEqual(() => first.upstreamId !== undefined && backend.submissions.length, 1);
      first.abort(new Detached());
      await first.thrown;
      backend.steps.allow();
      await eventuallyEqual(() => backend.alive, 0);
      await new Run(provider, { resume: first.upstreamId ?? '' }).expect('picture');
      expect(backend.submissions).toHaveLength(1);
    });

    it('[J8] resuming what the backend does not know: it is lost, and may be submitted again', async () => {
      if (!provider.capabilities.resume) return;
      const run = new Run(provider, { resume: '00000000-0000-4000-8000-000000000000' });
      const { retryable, mayStillRun } = await run.error();
      expect({ retryable, mayStillRun }).toEqual({ retryable: true, mayStillRun: false });
      expect(backend.submissions).toHaveLength(0);
    });

    it('image-to-image: the input picture reaches the backend', async () => {
      if (!provider.capabilities.imageToImage) return;
      const bytes = await sharp({ create: { width: 512, height: 512, channels: 3, background: '#336699' } })
        .png()
        .toBuffer();
      const run = new Run(provider, { input: { image: { bytes, type: 'image/png' }, strength: 0.5 } });
      await run.expect('picture');
    });

    it('health: well, and out of reach', async () => {
      expect(await provider.health()).toMatchObject({ ok: true });
      backend.unplug();
      const report = await provider.health();
      expect(report).toMatchObject({ ok: false, reason: 'unreachable', message: expect.stringMatching(/\S/) });
      await backend.plugIn();
      expect(await provider.health()).toMatchObject({ ok: true });
    });
  });
}
