import type { Job, JobOptions, ProviderFailure } from '@darkroom/protocol';
import { jobError, LIMITS } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { InProcessBreakers } from '../breakers/in-process/in-process-breakers.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { createManualProvider, type ManualOptions } from '../testing/manual-provider.ts';
import { sampleJob } from '../testing/sample-job.ts';
import { SCRIPTED_CAPABILITIES } from '../testing/scripted-provider.ts';
import { Backend } from './backend.ts';
import { BackendPool, type RemoteBackend } from './backend-pool.ts';
import { toRequest } from './to-request.ts';

const POLICY = { retryDelaysMs: [], maxRetryAfterMs: 0, breakerFailures: 1, breakerOpenMs: 60_000 };

/** A pool of own backends with these traits, `one`, `two` … by default, each at the address `at NAME`. */
function setUp(...traits: ManualOptions[]) {
  const clock = new FakeClock();
  const breakers = new InProcessBreakers(clock);
  const made = traits.map((own, index) => {
    const provider = createManualProvider({ name: ['one', 'two', 'three'][index] ?? 'more', ...own });
    const breaker = breakers.of(String(index), POLICY);
    const place = `at ${provider.name}`;
    return { provider, breaker, backend: new Backend(provider, { place, clock, policy: POLICY, breaker }) };
  });
  const pool = new BackendPool(made.map(({ backend }) => backend));
  /** The backend at this index makes an image in so many milliseconds. */
  const makeImage = async (index: number, ms: number, options: JobOptions = {}) => {
    const { backend, provider } = made[index] ?? {};
    if (backend === undefined || provider === undefined) throw new Error('there is no such backend');
    const request = toRequest({ prompt: 'a cat', options }, provider.capabilities, { index: 0, input: undefined });
    const image = backend.run(request, {
      signal: new AbortController().signal,
      resume: undefined,
      onUpdate: async () => {},
    });
    const run = await provider.nextRun();
    clock.advance(ms);
    await run.finish();
    await image;
  };
  const fail = async (index: number) => made[index]?.breaker.failed();
  const own = (index: number): Backend => {
    const backend = made[index]?.backend;
    if (backend === undefined) throw new Error('there is no such backend');
    return backend;
  };
  return { clock, pool, made, own, makeImage, fail };
}

/** A backend of another process. */
const remote = (fields: Partial<RemoteBackend> = {}): RemoteBackend => ({
  name: 'far',
  kind: 'scripted',
  ok: true,
  concurrency: 1,
  running: 0,
  breaker: 'closed',
  capabilities: SCRIPTED_CAPABILITIES,
  recentFailures: [],
  ...fields,
});

const failureAt = (at: string): ProviderFailure => ({ at, error: jobError('SERVER_ERROR') });

const jobOf = (fields: Partial<Job> = {}): Job => sampleJob({ options: {}, ...fields });

describe('BackendPool', () => {
  it('refuses two backends of one name', () => {
    expect(() => setUp({ name: 'one' }, { name: 'two' }, { name: 'one' })).toThrow('two backends have the name "one"');
  });

  describe('get', () => {
    it('finds own backends and those of other processes by name; an own one comes first', () => {
      const { pool, own } = setUp({});
      pool.hear([remote({ name: 'one' }), remote({ name: 'far' })]);
      expect(pool.get('one')).toBe(own(0));
      expect(pool.get('far')).toMatchObject({ name: 'far' });
      expect(pool.get('nobody')).toBeUndefined();
      expect(pool.get(undefined)).toBeUndefined();
    });

    it('forgets a backend of another process that is not reported again', () => {
      const { pool } = setUp({});
      pool.hear([remote()]);
      pool.hear([]);
      expect(pool.get('far')).toBeUndefined();
      expect(pool.backends).toHaveLength(1);
    });
  });

  describe('holderOf', () => {
    it.each<[string, Pick<Job, 'provider' | 'upstreamAt'>, string | undefined]>([
      ['by name where no address is known', { provider: 'two' }, 'two'],
      ['by address, whatever its name', { provider: 'two', upstreamAt: 'at one' }, 'one'],
      ['at another process by its address', { provider: 'one', upstreamAt: 'at far' }, 'far'],
      [
        'nowhere when its address is unknown, even where the name is known',
        { provider: 'one', upstreamAt: 'x' },
        undefined,
      ],
      ['nowhere when there was none', {}, undefined],
    ])('[J8] finds the work %s', (_where, fields, name) => {
      const { pool } = setUp({}, {});
      pool.hear([remote({ place: 'at far' }), remote({ name: 'nowhere' })]);
      expect(pool.holderOf(fields)?.name).toBe(name);
    });

    it('[J8] prefers the own backend at an address', () => {
      const { pool, own } = setUp({});
      pool.hear([remote({ place: 'at one' })]);
      expect(pool.holderOf({ upstreamAt: 'at one' })).toBe(own(0));
    });
  });

  describe('fill', () => {
    it.each<[string, JobOptions['size'][], JobOptions, JobOptions]>([
      ['the default size', ['768', '512'], {}, { size: '512', steps: LIMITS.defaultSteps }],
      ['its first size where it lacks the default', ['1024', '768'], {}, { size: '1024', steps: LIMITS.defaultSteps }],
      ['the default size where it names none', [], {}, { size: '512', steps: LIMITS.defaultSteps }],
      ['what was asked for', ['512'], { size: '768', steps: 7, seed: 3 }, { size: '768', steps: 7, seed: 3 }],
    ])('takes %s', (_what, sizes, options, filled) => {
      const { pool } = setUp({ capabilities: { sizes: sizes.flatMap((size) => size ?? []) } }, {});
      const able = pool.check({});
      expect(pool.fill(options, able.ok ? able.backends : [])).toEqual(filled);
    });

    it('takes the defaults where no backend can do it', () => {
      const { pool } = setUp({});
      expect(pool.fill({}, [])).toEqual({ size: '512', steps: LIMITS.defaultSteps });
    });
  });

  describe('canReattach', () => {
    it.each<[string, Partial<Job>, boolean]>([
      ['work at a backend that resumes', { provider: 'one', upstreamId: 'u-1' }, true],
      ['work at a backend that cannot resume', { provider: 'two', upstreamId: 'u-1' }, false],
      ['work at an unknown backend', { provider: 'three', upstreamId: 'u-1' }, false],
      ['no work', { provider: 'one' }, false],
    ])('[J8] %s → %s', (_what, fields, expected) => {
      const { pool } = setUp({ capabilities: { resume: true } }, {});
      expect(pool.canReattach(jobOf(fields))).toBe(expected);
    });
  });

  describe('isBound', () => {
    it.each<[string, Partial<Job>, boolean]>([
      ['with work at a known backend', { provider: 'one', upstreamId: 'u-1' }, true],
      ['with work at an unknown backend', { provider: 'three', upstreamId: 'u-1' }, false],
      ['without work', { provider: 'one' }, false],
    ])('[J8] a job %s → %s', (_what, fields, expected) => {
      expect(setUp({}).pool.isBound(jobOf(fields))).toBe(expected);
    });
  });

  describe('namesFor', () => {
    it.each<[string, Partial<Job>, string[]]>([
      ['all, in order of preference', {}, ['one', 'two', 'far']],
      ['those that have not failed', { tried: ['one', 'far'] }, ['two']],
      ['none when all have failed', { tried: ['one', 'two', 'far'] }, []],
      ['the one that was named', { options: { provider: 'two' } }, ['two']],
      ['none when no backend can do it', { options: { model: 'unknown' } }, []],
      ['the one that has its work', { provider: 'two', upstreamId: 'u-1' }, ['two']],
      ['the address of its work', { provider: 'one', upstreamId: 'u-1', upstreamAt: 'at two' }, ['at two']],
      ['all when its work is at an unknown address', { upstreamId: 'u-1', upstreamAt: 'x' }, ['one', 'two', 'far']],
      ['all when its last backend has no work of it', { provider: 'two' }, ['one', 'two', 'far']],
      ['all when its options are unknown', { options: undefined }, ['one', 'two', 'far']],
    ])('[J3][R8] names %s', (_which, fields, names) => {
      const models = { capabilities: { models: ['xl'] } };
      const { pool } = setUp(models, models);
      pool.hear([remote({ capabilities: { ...SCRIPTED_CAPABILITIES, models: ['xl'] } })]);
      expect(pool.namesFor(jobOf(fields))).toEqual(names);
    });
  });

  describe('canFailOver', () => {
    it.each<[string, Partial<Job>, boolean]>([
      ['to a backend that has not failed', { provider: 'one' }, true],
      ['not back to one that has failed', { provider: 'one', tried: ['two'] }, false],
      ['not when its backend was named', { provider: 'one', options: { provider: 'one' } }, false],
      [
        'not when its backend was named, and has another name too',
        { provider: 'two', options: { provider: 'one' } },
        false,
      ],
      ['also when its options are unknown', { provider: 'one', options: undefined }, true],
    ])('[J3] hands a job on %s', (_when, fields, expected) => {
      expect(setUp({}, {}).pool.canFailOver(jobOf(fields))).toBe(expected);
    });

    it('[J3][C7] does not hand a job on to a backend whose breaker is open', async () => {
      const { pool, fail, clock } = setUp({}, {});
      await fail(1);
      expect(pool.canFailOver(jobOf({ provider: 'one' }))).toBe(false);
      clock.advance(POLICY.breakerOpenMs);
      expect(pool.canFailOver(jobOf({ provider: 'one' }))).toBe(true);
    });
  });

  describe('allRest and accepts', () => {
    it('[C7] all rest only if each breaker is open, whatever their names or addresses', async () => {
      const { pool, fail } = setUp({}, {});
      pool.hear([remote({ breaker: 'open', place: 'at far' }), remote({ name: 'near', breaker: 'half-open' })]);
      await fail(0);
      expect(pool.allRest(['one'])).toBe(true);
      expect(pool.allRest(['one', 'far'])).toBe(true);
      expect(pool.allRest(['at one', 'at far'])).toBe(true);
      expect(pool.allRest(['one', 'two'])).toBe(false);
      expect(pool.allRest(['at two'])).toBe(false);
      expect(pool.allRest(['near'])).toBe(false);
      expect(pool.allRest(['nobody'])).toBe(false);
    });

    it('[C7] a backend whose breaker is open leaves jobs to the others, and takes them if all are open', async () => {
      const { pool, own, fail } = setUp({}, {});
      expect(pool.accepts(own(0), ['one', 'two'])).toBe(true);
      await fail(0);
      expect(pool.accepts(own(0), ['one', 'two'])).toBe(false);
      expect(pool.accepts(own(0), ['one'])).toBe(true);
      expect(pool.accepts(own(1), ['one', 'two'])).toBe(true);
      await fail(1);
      expect(pool.accepts(own(0), ['one', 'two'])).toBe(true);
    });
  });

  describe('paceFor', () => {
    it('[C10] adds up what the backends do at once, and takes the mean of their times', async () => {
      const { pool, makeImage } = setUp({ concurrency: 2 }, { concurrency: 3 });
      const job = jobOf({ options: { size: '512', steps: 20, count: 4 } });
      expect(pool.paceFor(job)).toEqual({ capacity: 5, meanMs: undefined, ownMs: undefined, pictures: 4 });
      await makeImage(0, 1_000, { size: '512', steps: 20 });
      expect(pool.paceFor(job)).toEqual({ capacity: 5, meanMs: 1_000, ownMs: 1_000, pictures: 4 });
      await makeImage(1, 4_000, { size: '1024', steps: 20 });
      await makeImage(1, 3_000, { size: '512', steps: 20 });
      // Backend two: 4,000 ms for all at first, then a fifth of the way to 3,000.
      expect(pool.paceFor(job)).toEqual({ capacity: 5, meanMs: 2_400, ownMs: 2_000, pictures: 4 });
    });

    it('[C10] leaves out backends that cannot do it, have failed, or are open', async () => {
      const { pool, fail, clock } = setUp({ concurrency: 2 }, { concurrency: 3 }, { concurrency: 4 });
      expect(pool.paceFor(jobOf({ tried: ['one'] })).capacity).toBe(7);
      expect(pool.paceFor(jobOf({ options: { provider: 'two' } })).capacity).toBe(3);
      await fail(2);
      expect(pool.paceFor(jobOf()).capacity).toBe(5);
      clock.advance(POLICY.breakerOpenMs);
      expect(pool.paceFor(jobOf()).capacity).toBe(9);
    });

    it('[C10] counts on at least one at once, and one image, where nothing is known', () => {
      const { pool } = setUp({});
      expect(pool.paceFor(jobOf({ options: undefined, tried: ['one'] }))).toEqual({
        capacity: 1,
        meanMs: undefined,
        ownMs: undefined,
        pictures: 1,
      });
    });
  });

  it('counts an own backend and one of the same name elsewhere once', () => {
    const { pool } = setUp({ concurrency: 2 }, {});
    pool.hear([remote({ name: 'one', concurrency: 5 })]);
    expect(pool.namesFor(jobOf())).toEqual(['one', 'two']);
    expect(pool.paceFor(jobOf()).capacity).toBe(3);
  });

  describe('status', () => {
    it('lists own backends alone before another process reports any', async () => {
      expect((await setUp({}, {}).pool.status()).map(({ name }) => name)).toEqual(['one', 'two']);
    });

    it('lists own backends first, then those of other processes, without what only processes need', async () => {
      const { pool } = setUp({}, {});
      pool.hear([remote({ seenAt: 5, place: 'at far' })]);
      const all = await pool.status();
      expect(all.map(({ name }) => name)).toEqual(['one', 'two', 'far']);
      for (const status of all) {
        expect(status).not.toHaveProperty('seenAt');
        expect(status).not.toHaveProperty('place');
      }
    });

    it('shows an own backend and one of the same name elsewhere as one', async () => {
      const { pool } = setUp({ concurrency: 2 });
      pool.hear([
        remote({ name: 'one', concurrency: 3, running: 1 }),
        remote({ name: 'one', concurrency: 4, running: 2 }),
      ]);
      expect(await pool.status()).toMatchObject([{ name: 'one', concurrency: 9, running: 3 }]);
    });

    it.each<[RemoteBackend['breaker'], RemoteBackend['breaker'], RemoteBackend['breaker']]>([
      ['closed', 'closed', 'closed'],
      ['closed', 'half-open', 'closed'],
      ['half-open', 'closed', 'closed'],
      ['half-open', 'open', 'half-open'],
      ['open', 'half-open', 'half-open'],
      ['open', 'open', 'open'],
    ])('[C7] of two that stand in for each other, %s and %s, shows the better breaker: %s', async (a, b, shown) => {
      const { pool } = setUp();
      pool.hear([remote({ breaker: a }), remote({ breaker: b })]);
      expect(await pool.status()).toMatchObject([{ breaker: shown }]);
    });

    it('shows the first of two that are equally good', async () => {
      const { pool } = setUp();
      pool.hear([remote({ message: 'first' }), remote({ message: 'second' })]);
      expect(await pool.status()).toMatchObject([{ message: 'first' }]);
    });

    it.each([
      [true, true, true],
      [true, false, true],
      [false, true, true],
      [false, false, false],
    ])('shows two that stand in for each other as in order if one is (%s, %s → %s)', async (a, b, ok) => {
      const { pool } = setUp();
      pool.hear([remote({ ok: a }), remote({ ok: b })]);
      expect(await pool.status()).toMatchObject([{ ok }]);
    });

    it('leaves out what silent workers say of a backend that another worker has', async () => {
      const silent = remote({ reason: 'worker-silent', ok: false, concurrency: 5 });
      const alive = remote({ reason: 'failing', concurrency: 1 });
      for (const reports of [
        [silent, alive],
        [alive, silent],
      ]) {
        const { pool } = setUp();
        pool.hear(reports);
        expect(await pool.status()).toMatchObject([{ ok: true, concurrency: 1 }]);
      }
    });

    it('adds up two silent ones', async () => {
      const { pool } = setUp();
      const silent = remote({ reason: 'worker-silent', ok: false, concurrency: 5 });
      pool.hear([silent, silent]);
      expect(await pool.status()).toMatchObject([{ ok: false, concurrency: 10 }]);
    });

    it('shows the newest failures of both, newest first', async () => {
      const { pool } = setUp();
      const at = (minute: number) => `2026-01-01T00:0${minute}:00.000Z`;
      pool.hear([
        remote({ recentFailures: [6, 4, 2].map((minute) => failureAt(at(minute))) }),
        remote({ recentFailures: [5, 3, 1].map((minute) => failureAt(at(minute))) }),
      ]);
      const [status] = await pool.status();
      expect(status?.recentFailures.map((failure) => failure.at)).toEqual([6, 5, 4, 3, 2].map(at));
    });

    it('remembers when one of two that stand in for each other was last heard of', () => {
      const { pool } = setUp();
      pool.hear([remote({ seenAt: 7 }), remote({ seenAt: 9 }), remote({ seenAt: 8 })]);
      expect(pool.get('far')?.seenAt).toBe(9);
      pool.hear([remote({}), remote({ seenAt: 8 })]);
      expect(pool.get('far')?.seenAt).toBe(8);
      pool.hear([remote({ seenAt: 8 }), remote({})]);
      expect(pool.get('far')?.seenAt).toBe(8);
    });
  });

  it('[C7] notifies of every change of a breaker, whichever it is', async () => {
    const { pool, fail } = setUp({}, {});
    let changes = 0;
    pool.onChange(() => changes++);
    await fail(0);
    await fail(1);
    expect(changes).toBe(2);
  });

  it('[B2] asks all backends for their health, every half minute until it is undone', async () => {
    const { pool, made, clock } = setUp({}, {});
    const asked: string[] = [];
    for (const { provider } of made)
      provider.health = async () => {
        asked.push(provider.name);
        return { ok: true };
      };
    const undo = pool.watchHealth();
    expect(asked).toEqual(['one', 'two']);
    await pool.status();
    clock.advance(30_000);
    expect(asked).toEqual(['one', 'two', 'one', 'two']);
    undo();
    await pool.status();
    clock.advance(60_000);
    expect([asked.length, clock.pending]).toEqual([4, 0]);
  });
});
