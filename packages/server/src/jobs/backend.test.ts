import { withPngText } from '@darkroom/painter';
import { type Job, jobError, LIMITS } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { InProcessBreakers } from '../breakers/in-process/in-process-breakers.ts';
import type { ProviderHealthReport } from '../provider.ts';
import { causesOf, ProviderError } from '../provider-error.ts';
import { eventually } from '../testing/eventually.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { createManualProvider, JPEG, type ManualOptions, PNG } from '../testing/manual-provider.ts';
import { Backend, type BackendUpdate } from './backend.ts';
import { type BackendPolicy, DEFAULT_POLICY } from './backend-policy.ts';
import { toRequest } from './to-request.ts';

const MINUTE_MS = 60_000;

interface SetUp extends ManualOptions {
  readonly policy?: Partial<BackendPolicy>;
  readonly keepMetadata?: boolean;
}

function setUp({ policy = {}, keepMetadata, ...traits }: SetUp = {}) {
  const clock = new FakeClock();
  const provider = createManualProvider({ concurrency: 4, ...traits });
  const whole = { ...DEFAULT_POLICY, ...policy };
  const breaker = new InProcessBreakers(clock).of(provider.name, whole);
  const images: number[] = [];
  const onPicture = (workedMs: number) => void images.push(workedMs);
  const failures: unknown[] = [];
  const onFailure = (failure: unknown) => void failures.push(failure);
  const reports: ProviderHealthReport[] = [];
  const onHealth = (report: ProviderHealthReport) => void reports.push(report);
  const options = { place: 'here', clock, policy: whole, breaker, onPicture, onFailure, onHealth };
  const backend = new Backend(provider, { ...options, ...(keepMetadata !== undefined && { keepMetadata }) });
  const request = toRequest({ prompt: 'a cat' }, provider.capabilities, { index: 0, input: undefined });
  const begin = (resume?: string, beforeTry: () => Promise<void> = async () => {}) => {
    const stop = new AbortController();
    const updates: BackendUpdate[] = [];
    const onUpdate = async (update: BackendUpdate) => void updates.push(update);
    const picture = backend.run(request, { signal: stop.signal, resume, beforeTry, onUpdate });
    picture.catch(() => {});
    const retries = () => updates.flatMap((update) => (update.type === 'retry' ? update : []));
    /** Resolves in the pause before a retry. */
    const pausing = (retry: number) => eventually(() => retries().length === retry && clock.pending === 1);
    return { stop, updates, picture, retries, pausing };
  };
  /** One run that ends at once with what is thrown. */
  const fail = async (thrown: Error) => {
    const { picture } = begin();
    (await provider.nextRun()).end(thrown);
    await expect(picture).rejects.toThrow();
  };
  return { clock, provider, breaker, backend, begin, fail, images, failures, reports };
}

const ONCE = { retries: 0 } as const;

describe('Backend', () => {
  it('hands on what the provider says, and its picture', async () => {
    const { provider, begin } = setUp();
    const { picture, updates } = begin();
    const run = await provider.nextRun();
    await run.say({ type: 'accepted', upstreamId: 'u-1' });
    await run.step(1);
    await run.finish();
    expect(await picture).toEqual(PNG);
    expect(updates.map(({ type }) => type)).toEqual(['accepted', 'progress']);
  });

  it('replaces in its failures what no database can store, and bounds them', async () => {
    const { backend, fail } = setUp();
    await fail(new ProviderError('PROVIDER_REJECTED', `No:\u0000\ud800${'x'.repeat(2_000)}`));
    const [failure] = (await backend.status()).recentFailures;
    expect(failure?.error.message).toBe(`No:\ufffd\ufffd${'x'.repeat(995)}`);
  });

  it('ends a work whose id cannot be kept, and does not submit it again', async () => {
    const { provider, begin } = setUp();
    const { picture, updates } = begin();
    const run = await provider.nextRun();
    void run.say({ type: 'accepted', upstreamId: 'u\u0000' });
    await expect(picture).rejects.toThrow('not one that can be kept');
    await run.released;
    expect([updates, provider.requests.length]).toEqual([[], 1]);
  });

  it('leaves out numbers that are none, and waits for whole milliseconds', async () => {
    const { provider, begin } = setUp();
    const { updates, retries, pausing, stop } = begin();
    const run = await provider.nextRun();
    await run.say({ type: 'waiting', position: 1.5 });
    await run.say({ type: 'progress', percent: 5, step: Number.NaN, steps: 20 });
    run.end(new ProviderError('SERVER_ERROR', undefined, { retryAfterMs: 0.5 }));
    await pausing(1);
    expect(updates.slice(0, 2)).toEqual([{ type: 'waiting' }, { type: 'progress', percent: 5 }]);
    expect(retries()).toMatchObject([{ inMs: 1 }]);
    stop.abort();
  });

  it('takes the type of images from their bytes, and leaves out previews that are none or too large', async () => {
    const { provider, begin } = setUp();
    const { picture, updates } = begin();
    const run = await provider.nextRun();
    await run.say({ type: 'preview', image: { bytes: Buffer.from('<svg xmlns="…"/>'), type: 'image/png' } });
    const large = Buffer.concat([PNG.bytes, Buffer.alloc(16 * 1024 * 1024)]);
    await run.say({ type: 'preview', image: { bytes: large, type: 'image/png' } });
    await run.say({ type: 'preview', image: { bytes: JPEG.bytes, type: 'image/webp' } });
    await run.say({ type: 'image', image: { bytes: PNG.bytes, type: 'image/jpeg' } });
    run.end();
    expect(await picture).toEqual(PNG);
    expect(updates).toEqual([{ type: 'preview', image: JPEG }]);
  });

  it('fails, and does not try again by itself, when the image is none', async () => {
    const { backend, provider, begin, failures } = setUp();
    const { picture, retries } = begin();
    const run = await provider.nextRun();
    const html = Buffer.from('<!doctype html><script>alert(1)</script>');
    void run.say({ type: 'image', image: { bytes: html, type: 'image/png' } });
    run.end();
    await expect(picture).rejects.toMatchObject({
      code: 'SERVER_ERROR',
      message: 'The backend’s image is not a PNG, JPEG or WebP image.',
    });
    expect([retries(), backend.describe().recentFailures.length]).toEqual([[], 1]);
    expect(failures.map(causesOf)).toEqual([expect.stringMatching(/WebP image. ← sent as image\/png$/)]);
  });

  it.each([
    [true, true],
    [undefined, true],
    [false, false],
  ])('keeps metadata of previews and images: KEEP_METADATA %s → %s', async (keepMetadata, expected) => {
    const { provider, begin } = setUp({ ...(keepMetadata !== undefined && { keepMetadata }) });
    const { picture, updates } = begin();
    const run = await provider.nextRun();
    const image = { bytes: withPngText(PNG.bytes, { workflow: 'a secret' }), type: 'image/png' } as const;
    await run.say({ type: 'preview', image });
    await run.say({ type: 'image', image });
    run.end();
    const preview = updates.flatMap((update) => (update.type === 'preview' ? [update.image] : []));
    for (const kept of [...preview, await picture]) expect(kept.bytes).toEqual(expected ? image.bytes : PNG.bytes);
    expect(preview).toHaveLength(1);
  });

  it('[C6][E4] tries again after 1, 2 and 4 s, says so each time, and then gives up with the last failure', async () => {
    const { clock, provider, begin, backend } = setUp();
    const { picture, retries, pausing } = begin();
    for (const [index, inMs] of [1_000, 2_000, 4_000].entries()) {
      (await provider.nextRun()).end(new ProviderError('NETWORK_DISCONNECTED', `Try ${index + 1}.`));
      await pausing(index + 1);
      expect(retries().at(-1)).toEqual({
        type: 'retry',
        error: jobError('NETWORK_DISCONNECTED', `Try ${index + 1}.`),
        retry: index + 1,
        retries: 3,
        inMs,
      });
      clock.advance(inMs - 1);
      expect(provider.requests).toHaveLength(index + 1);
      clock.advance(1);
    }
    (await provider.nextRun()).end(new ProviderError('NETWORK_DISCONNECTED', 'Try 4.'));
    await expect(picture).rejects.toThrow('Try 4.');
    expect(provider.requests).toHaveLength(4);
    expect((await backend.status()).recentFailures.map(({ error }) => error.message)).toEqual([
      'Try 4.',
      'Try 3.',
      'Try 2.',
      'Try 1.',
    ]);
  });

  it('waits for a configured pause that is longer than a backend may ask for', async () => {
    const { clock, provider, begin } = setUp({ policy: { retryDelaysMs: [540_000] } });
    const { retries, pausing } = begin();
    (await provider.nextRun()).end(new ProviderError('PROVIDER_TIMEOUT'));
    await pausing(1);
    expect(retries()).toMatchObject([{ retry: 1, inMs: 540_000 }]);
    clock.advance(540_000);
    await (await provider.nextRun()).finish();
  });

  it('waits as long as the backend asks, and not at all if that is too long', async () => {
    const { clock, provider, begin } = setUp();
    const { picture, retries, pausing } = begin();
    (await provider.nextRun()).end(new ProviderError('PROVIDER_RATE_LIMIT', undefined, { retryAfterMs: 30_000 }));
    await pausing(1);
    expect(retries()).toMatchObject([{ retry: 1, inMs: 30_000 }]);
    clock.advance(30_000);
    (await provider.nextRun()).end(new ProviderError('PROVIDER_RATE_LIMIT', 'Later.', { retryAfterMs: 90_000 }));
    await expect(picture).rejects.toThrow('Later.');
  });

  it.each([
    ['is for good', new ProviderError('PROVIDER_REJECTED')],
    ['may have left the work running', new ProviderError('NETWORK_DISCONNECTED', undefined, { mayStillRun: true })],
    ['says so', new ProviderError('SERVER_ERROR', undefined, ONCE)],
    ['is our own fault', new TypeError('x is undefined')],
  ])('does not submit again when the failure %s', async (_what, thrown) => {
    const { provider, begin } = setUp();
    const { picture, retries } = begin();
    (await provider.nextRun()).end(thrown);
    await expect(picture).rejects.toBe(thrown);
    expect(provider.requests).toHaveLength(1);
    expect(retries()).toEqual([]);
  });

  it('a cancel ends the pause before a retry at once', async () => {
    const { clock, provider, begin } = setUp();
    let asked = 0;
    const { picture, stop, pausing } = begin(undefined, async () => void asked++);
    (await provider.nextRun()).end(new ProviderError('SERVER_ERROR'));
    await pausing(1);
    stop.abort(new Error('cancelled'));
    await expect(picture).rejects.toThrow('cancelled');
    expect([clock.pending, asked]).toEqual([0, 1]);
    expect(provider.requests).toHaveLength(1);
  });

  it('[J8] goes on with the work it is given; once that is known to be lost, it submits anew', async () => {
    const { clock, provider, begin } = setUp();
    const { picture, pausing } = begin('u-1');
    const first = await provider.nextRun();
    expect(first.resume).toBe('u-1');
    first.end(new ProviderError('SERVER_ERROR', 'The backend knows nothing of it.'));
    await pausing(1);
    clock.advance(1_000);
    const second = await provider.nextRun();
    expect(second.resume).toBeUndefined();
    await second.finish();
    expect(await picture).toEqual(PNG);
  });

  it('a provider that ends without a picture has not made one', async () => {
    const { provider, begin } = setUp();
    const { picture } = begin();
    (await provider.nextRun()).end();
    await expect(picture).rejects.toThrow('scripted ended without a picture');
  });

  it('[C10] learns how long a picture took of work, by size and steps, without what it waited at the backend', async () => {
    const { clock, provider, backend, begin } = setUp();
    const { picture } = begin();
    const run = await provider.nextRun();
    await run.say({ type: 'waiting', position: 1 });
    clock.advance(MINUTE_MS);
    await run.step(1);
    clock.advance(2_000);
    await run.finish();
    await picture;
    const { size, steps } = run.request;
    expect((await backend.status()).paces).toEqual([{ size, steps, meanMs: 2_000 }]);
  });

  it('reports the work of each image, and leaves no timer behind', async () => {
    const { clock, provider, begin, images } = setUp();
    for (const ms of [1_500, 700]) {
      const { picture } = begin();
      const run = await provider.nextRun();
      clock.advance(ms);
      await run.finish();
      await picture;
    }
    expect([images, clock.pending]).toEqual([[1_500, 700], 0]);
  });

  it('rounds the times that it shows to whole milliseconds', async () => {
    const { clock, provider, backend, begin } = setUp();
    for (const ms of [1_001, 2_000]) {
      const { picture } = begin();
      const run = await provider.nextRun();
      clock.advance(ms);
      await run.finish();
      await picture;
    }
    expect(backend.meanMs).toBeCloseTo(1_200.8);
    expect(await backend.status()).toMatchObject({ meanMs: 1_201, paces: [{ meanMs: 1_201 }] });
  });

  it('shows no times before the first image', async () => {
    const { backend } = setUp();
    const status = await backend.status();
    expect(status).not.toHaveProperty('meanMs');
    expect(status).not.toHaveProperty('paces');
  });

  it('asks before every try, and does not submit if that rejects', async () => {
    const { clock, provider, begin } = setUp();
    let asked = 0;
    const { picture, pausing } = begin(undefined, async () => {
      asked++;
      if (asked === 2) throw new Error('another worker has it');
    });
    (await provider.nextRun()).end(new ProviderError('SERVER_ERROR'));
    await pausing(1);
    expect(asked).toBe(1);
    clock.advance(1_000);
    await expect(picture).rejects.toThrow('another worker has it');
    expect([asked, provider.requests.length]).toEqual([2, 1]);
  });

  it.each([
    ['the failure allows', 1, [10, 10, 10], 1],
    ['the policy allows', 3, [10], 1],
  ])('retries at most as often as %s', async (_what, retries, retryDelaysMs, expected) => {
    const { clock, provider, begin } = setUp({ policy: { retryDelaysMs } });
    const { picture, retries: notices, pausing } = begin();
    (await provider.nextRun()).end(new ProviderError('SERVER_ERROR', undefined, { retries }));
    await pausing(1);
    clock.advance(10);
    (await provider.nextRun()).end(new ProviderError('SERVER_ERROR', 'Still.', { retries }));
    await expect(picture).rejects.toThrow('Still.');
    expect(notices()).toMatchObject([{ retries: expected }]);
  });

  it('waits as long as the backend asks up to the longest pause that is waited for', async () => {
    const { provider, begin } = setUp();
    const { retries, pausing } = begin();
    const retryAfterMs = DEFAULT_POLICY.maxRetryAfterMs;
    (await provider.nextRun()).end(new ProviderError('PROVIDER_RATE_LIMIT', undefined, { retryAfterMs }));
    await pausing(1);
    expect(retries()).toMatchObject([{ inMs: retryAfterMs }]);
  });

  it('does not remember a cancelled try as a failure', async () => {
    const { provider, backend, begin } = setUp();
    const { picture, stop } = begin();
    await provider.nextRun();
    stop.abort(new Error('cancelled'));
    await expect(picture).rejects.toThrow('cancelled');
    expect(backend.describe().recentFailures).toEqual([]);
  });

  it.each<[string, Pick<Job, 'provider' | 'upstreamAt'>, boolean]>([
    ['by name', { provider: 'scripted' }, true],
    ['by address', { provider: 'another', upstreamAt: 'here' }, true],
    ['not of another name', { provider: 'another' }, false],
    ['not at another address', { provider: 'scripted', upstreamAt: 'there' }, false],
  ])('[J8] knows which work is at it: %s', (_how, job, expected) => {
    expect(setUp().backend.holds(job)).toBe(expected);
  });

  it('counts the jobs that occupy it, whether they end well or not', async () => {
    const { backend } = setUp();
    const ends = [Promise.withResolvers<string>(), Promise.withResolvers<string>()] as const;
    const [well, badly] = ends.map(({ promise }) => backend.occupy(() => promise));
    expect([backend.running, backend.describe().running]).toEqual([2, 2]);
    ends[0].resolve('done');
    expect(await well).toBe('done');
    expect(backend.running).toBe(1);
    ends[1].reject(new Error('failed'));
    await expect(badly).rejects.toThrow('failed');
    expect(backend.running).toBe(0);
  });

  it('describes its provider', () => {
    const { provider, backend } = setUp({ timeoutMs: 7_000, concurrency: 3 });
    const { name, kind, concurrency, timeoutMs, capabilities } = provider;
    expect(backend.describe()).toMatchObject({ name, kind, concurrency, timeoutMs, capabilities, running: 0 });
    expect([backend.name, backend.timeoutMs, backend.concurrency, backend.place]).toEqual([name, 7_000, 3, 'here']);
    expect(backend.capabilities).toBe(capabilities);
  });

  it('learns how long pictures take, the newest counting most', async () => {
    const { clock, provider, backend, begin } = setUp();
    for (const [ms, mean] of [
      [1_000, 1_000],
      [2_000, 1_200],
    ] as const) {
      const { picture } = begin();
      const run = await provider.nextRun();
      clock.advance(ms);
      await run.finish();
      await picture;
      expect((await backend.status()).meanMs).toBe(mean);
    }
  });
});

describe('Backend, when it takes too long', () => {
  it('[C6] aborts the provider at its limit and calls that PROVIDER_TIMEOUT', async () => {
    const { clock, provider, begin } = setUp({ timeoutMs: 180_000, policy: { retryDelaysMs: [] } });
    const { picture } = begin();
    const run = await provider.nextRun();
    await run.step(1);
    clock.advance(179_999);
    expect(run.signal.aborted).toBe(false);
    clock.advance(1);
    await expect(picture).rejects.toMatchObject({
      code: 'PROVIDER_TIMEOUT',
      message: 'scripted took longer than 180 s.',
      mayStillRun: false,
    });
    expect(run.signal.aborted).toBe(true);
  });

  it('time in the backend’s own queue does not count; the work has its whole time after it', async () => {
    const { clock, provider, begin } = setUp({ timeoutMs: MINUTE_MS, policy: { retryDelaysMs: [] } });
    const { picture } = begin();
    const run = await provider.nextRun();
    clock.advance(50_000);
    await run.say({ type: 'waiting', position: 3 });
    clock.advance(10 * MINUTE_MS);
    await run.step(1);
    clock.advance(59_999);
    expect(run.signal.aborted).toBe(false);
    clock.advance(1);
    await expect(picture).rejects.toMatchObject({ code: 'PROVIDER_TIMEOUT' });
  });

  it('says its limit in whole seconds', async () => {
    const { clock, provider, begin } = setUp({ timeoutMs: 1_500, policy: { retryDelaysMs: [] } });
    const { picture } = begin();
    await provider.nextRun();
    clock.advance(1_500);
    await expect(picture).rejects.toThrow('scripted took longer than 2 s.');
  });

  it('does not wait for a provider that does not listen', async () => {
    const { clock, provider, begin } = setUp({
      timeoutMs: MINUTE_MS,
      heedsSignal: false,
      policy: { retryDelaysMs: [] },
    });
    const { picture } = begin();
    await provider.nextRun();
    clock.advance(MINUTE_MS);
    await eventually(() => clock.pending > 0);
    clock.advance(5_000);
    await expect(picture).rejects.toMatchObject({ code: 'PROVIDER_TIMEOUT' });
  });

  it('does not submit again where an abort may leave the work running', async () => {
    const { clock, provider, begin } = setUp({ timeoutMs: MINUTE_MS, capabilities: { cancel: 'detaches' } });
    const { picture } = begin();
    await provider.nextRun();
    clock.advance(MINUTE_MS);
    await expect(picture).rejects.toMatchObject({ mayStillRun: true });
    expect(provider.requests).toHaveLength(1);
  });
});

describe('Backend, when it is down', () => {
  const down = () => new ProviderError('NETWORK_DISCONNECTED', undefined, ONCE);

  it('[C7] rests a minute after five failures in a row, then lets one job try', async () => {
    const { clock, provider, backend, begin, fail } = setUp();
    let changes = 0;
    backend.onChange(() => changes++);
    for (let failures = 1; failures <= 5; failures++) {
      expect(backend.breaker).toBe('closed');
      await fail(down());
    }
    expect([backend.breaker, changes]).toEqual(['open', 1]);
    expect(await backend.status()).toMatchObject({
      ok: false,
      retryAt: new Date(clock.now() + MINUTE_MS).toISOString(),
    });
    await expect(begin().picture).rejects.toThrow('scripted rests after repeated failures.');
    expect(provider.requests).toHaveLength(5);

    clock.advance(MINUTE_MS - 1);
    expect([backend.breaker, changes]).toEqual(['open', 1]);
    clock.advance(1);
    expect([backend.breaker, changes]).toEqual(['half-open', 2]);

    await fail(down());
    expect(backend.breaker).toBe('open');
    clock.advance(MINUTE_MS);
    const { picture } = begin();
    await (await provider.nextRun()).finish();
    await picture;
    expect(backend.breaker).toBe('closed');
    expect(await backend.status()).not.toHaveProperty('retryAt');
  });

  it('[C7] every try counts, and none follows once it rests', async () => {
    const { clock, provider, backend, begin } = setUp({ policy: { breakerFailures: 2 } });
    const { picture, pausing } = begin();
    (await provider.nextRun()).end(new ProviderError('SERVER_ERROR'));
    await pausing(1);
    clock.advance(1_000);
    (await provider.nextRun()).end(new ProviderError('SERVER_ERROR', 'Still.'));
    await expect(picture).rejects.toThrow('Still.');
    expect(backend.breaker).toBe('open');
  });

  it('[C7] a success in between begins the count anew', async () => {
    const { provider, backend, begin, fail } = setUp();
    for (let failures = 1; failures <= 4; failures++) await fail(down());
    const { picture } = begin();
    await (await provider.nextRun()).finish();
    await picture;
    for (let failures = 1; failures <= 4; failures++) await fail(down());
    expect(backend.breaker).toBe('closed');
  });

  it.each([
    ['what it refuses', new ProviderError('PROVIDER_REJECTED')],
    ['a bad prompt', new ProviderError('INVALID_PROMPT')],
    ['our own faults', new TypeError('x is undefined')],
  ])('[C7] %s does not count', async (_what, thrown) => {
    const { backend, fail } = setUp({ policy: { breakerFailures: 1 } });
    for (let index = 0; index < 3; index++) await fail(thrown);
    expect(backend.breaker).toBe('closed');
  });

  it('[C7] a trial that was cancelled proves nothing: the next job tries', async () => {
    const { clock, provider, backend, begin, fail } = setUp({ policy: { breakerFailures: 1 } });
    await fail(down());
    clock.advance(MINUTE_MS);
    const { picture, stop } = begin();
    await provider.nextRun();
    stop.abort(new Error('cancelled'));
    await expect(picture).rejects.toThrow('cancelled');
    expect(backend.breaker).toBe('half-open');
    await fail(down());
    expect(backend.breaker).toBe('open');
  });
});

describe('Backend, and whether it takes jobs', () => {
  const down = () => new ProviderError('NETWORK_DISCONNECTED', undefined, ONCE);

  it.each([
    'NETWORK_DISCONNECTED',
    'STREAM_UNAVAILABLE',
    'PROVIDER_TIMEOUT',
    'SERVER_ERROR',
    'PROVIDER_RATE_LIMIT',
  ] as const)('[C7] takes none after %s, once its breaker is open', async (code) => {
    const { backend, fail } = setUp({ policy: { breakerFailures: 1 } });
    expect(backend.isOpenForJobs).toBe(true);
    await fail(new ProviderError(code, undefined, ONCE));
    expect([backend.breaker, backend.isOpenForJobs]).toEqual(['open', false]);
  });

  it('[C7] takes one job at a time while it is half-open', async () => {
    const { clock, backend, fail } = setUp({ policy: { breakerFailures: 1 } });
    await fail(down());
    clock.advance(MINUTE_MS);
    expect([backend.breaker, backend.isOpenForJobs]).toEqual(['half-open', true]);
    const end = Promise.withResolvers<void>();
    const working = backend.occupy(() => end.promise);
    expect(backend.isOpenForJobs).toBe(false);
    end.resolve();
    await working;
    expect(backend.isOpenForJobs).toBe(true);
    const release = await backend.enter();
    expect(release).toBeTypeOf('function');
    expect(backend.isOpenForJobs).toBe(false);
    expect(await backend.enter()).toBeUndefined();
    release?.();
    expect(backend.isOpenForJobs).toBe(true);
  });

  it('[C7] takes several jobs at once while it is closed', async () => {
    const { backend } = setUp();
    const end = Promise.withResolvers<void>();
    const working = backend.occupy(() => end.promise);
    expect(backend.isOpenForJobs).toBe(true);
    end.resolve();
    await working;
  });

  it('lists its newest failures, as many as a status may have', async () => {
    const { backend, fail } = setUp({ policy: { breakerFailures: 100 } });
    for (let count = 1; count <= LIMITS.recentFailures + 1; count++)
      await fail(new ProviderError('SERVER_ERROR', `Failure ${count}.`, ONCE));
    const messages = backend.describe().recentFailures.map(({ error }) => error.message);
    expect(messages).toHaveLength(LIMITS.recentFailures);
    expect(messages[0]).toBe(`Failure ${LIMITS.recentFailures + 1}.`);
  });
});

describe('Backend’s health', () => {
  it('[B2] is unknown until it is asked', () => {
    const { backend } = setUp();
    expect(backend.describe()).toMatchObject({ ok: false, reason: 'unasked', message: 'It was not asked yet.' });
  });

  it('[B2] is asked once for all who ask at the same time, and again half a minute later', async () => {
    const { clock, provider, backend } = setUp();
    let asked = 0;
    provider.health = async () => ({ ok: ++asked > 0 });
    await Promise.all([backend.status(), backend.status()]);
    expect([asked, clock.pending]).toEqual([1, 0]);
    clock.advance(29_999);
    await backend.status();
    expect(asked).toBe(1);
    clock.advance(1);
    await backend.status();
    expect(asked).toBe(2);
  });

  it.each([
    ['cannot be reached', new ProviderError('NETWORK_DISCONNECTED', 'Gone.'), 'unreachable', 'Gone.'],
    ['refuses', new ProviderError('PROVIDER_REJECTED', 'Wrong key.'), 'refused', 'Wrong key.'],
    ['fails', new TypeError('x is undefined at 10.1.2.3'), 'failing', 'The health check failed.'],
    ['throws what is no error', 'a word', 'failing', 'The health check failed.'],
  ])('[B2] says why it is bad when the provider %s', async (_how, thrown, reason, message) => {
    const { provider, backend } = setUp();
    provider.health = () => Promise.reject(thrown);
    const status = await backend.status();
    expect(status).toMatchObject({ ok: false, reason, message });
    expect(status).not.toHaveProperty('cause');
  });

  it('[B2] is reported for the log with its cause, once for each change', async () => {
    const { clock, provider, backend, reports } = setUp();
    const gone = new ProviderError('NETWORK_DISCONNECTED', 'Gone.', { cause: new Error('at 10.0.0.7') });
    const bad = { ok: false, reason: 'unreachable', message: 'Gone.', cause: gone };
    for (const health of [
      async () => ({ ok: true }),
      async () => ({ ok: true }),
      () => Promise.reject(gone),
      () => Promise.reject(gone),
      async () => ({ ok: true }),
    ]) {
      provider.health = health;
      await backend.status();
      clock.advance(30_000);
    }
    expect(reports).toEqual([{ ok: true }, bad, { ok: true }]);
  });

  it('[B2] leaves out a message that quotes an address', async () => {
    const { provider, backend } = setUp();
    provider.health = async () => ({ ok: false, reason: 'unreachable', message: 'No answer at 10.1.2.3:7860.' });
    const status = await backend.status();
    expect(status).toMatchObject({ ok: false, reason: 'unreachable' });
    expect(status).not.toHaveProperty('message');
  });

  it('[B2] keeps waiting for a provider until 5 s are over', async () => {
    const { clock, provider, backend } = setUp();
    const answer = Promise.withResolvers<{ ok: boolean }>();
    provider.health = () => answer.promise;
    const status = backend.status();
    clock.advance(4_999);
    answer.resolve({ ok: true });
    expect(await status).toMatchObject({ ok: true });
  });

  it('[B2] is asked at the start and every half minute, and not oftener however often it is told', async () => {
    const { clock, provider, backend } = setUp();
    let asked = 0;
    provider.health = async () => ({ ok: ++asked !== 2 });
    const undo = backend.watchHealth();
    await eventually(() => asked === 1);
    for (let index = 0; index < 5; index++) expect((await backend.status()).ok).toBe(true);
    expect(asked).toBe(1);
    clock.advance(30_000);
    expect(asked).toBe(2);
    expect((await backend.status()).ok).toBe(false);
    expect(asked).toBe(2);
    undo();
    clock.advance(30_000);
    expect((await backend.status()).ok).toBe(true);
    expect(asked).toBe(3);
  });

  it('[B2] a provider that does not answer in 5 s is not healthy', async () => {
    const { clock, provider, backend } = setUp();
    provider.health = () => new Promise(() => {});
    const status = backend.status();
    clock.advance(5_000);
    expect(await status).toMatchObject({ ok: false, reason: 'unreachable', message: 'No answer in time.' });
  });
});
