import { describe, expect, it } from 'vitest';
import type { Breaker, BreakerPolicy, Breakers } from './breaker.ts';
import { eventually } from './testing/eventually.ts';
import { FakeClock } from './testing/fake-clock.ts';

export interface BreakersContract {
  readonly name: string;
  /** Breakers of two processes that share the work: one and the same where there is only one. They go away with the test. */
  readonly createPair: (clock: FakeClock) => Promise<readonly [Breakers, Breakers]>;
}

const MINUTE_MS = 60_000;
const POLICY: BreakerPolicy = { breakerFailures: 5, breakerOpenMs: MINUTE_MS };

const untilAll = (breakers: readonly Breaker[], kind: Breaker['state']['kind'], isTried?: boolean) =>
  eventually(() =>
    breakers.every(
      ({ state }) =>
        state.kind === kind && (state.kind !== 'half-open' || isTried === undefined || state.isTried === isTried),
    ),
  );

/** What all breakers promise (`breaker.ts`). Run by each adapter on its real backend. */
export function registerBreakersContract({ name, createPair }: BreakersContract): void {
  async function setUp(policy: Partial<BreakerPolicy> = {}) {
    const clock = new FakeClock();
    const pair = await createPair(clock);
    const [here, there] = pair.map((breakers) => breakers.of('forge', { ...POLICY, ...policy }));
    if (here === undefined || there === undefined) throw new Error('a pair is two');
    const both = [here, there];
    /** Both know that it rested long enough. */
    const rested = async () => {
      while (there.state.kind === 'closed') await there.failed();
      await untilAll(both, 'open');
      clock.advance(MINUTE_MS);
    };
    return { clock, pair, here, there, both, rested };
  }

  describe(`${name} keep the breakers' contract`, () => {
    it('[C7] five failures in a row open it for all for a minute, whoever saw them', async () => {
      const { clock, here, there, both } = await setUp();
      for (const breaker of [here, there, there, here]) {
        await breaker.failed();
        expect(breaker.state).toEqual({ kind: 'closed' });
      }
      await there.failed();
      await untilAll(both, 'open');
      const until = clock.now() + MINUTE_MS;
      for (const breaker of both) {
        expect(breaker.state).toEqual({ kind: 'open', until });
        expect(await breaker.enter()).toBeUndefined();
      }
      clock.advance(MINUTE_MS - 1);
      expect([here.state.kind, there.state.kind]).toEqual(['open', 'open']);
      clock.advance(1);
      for (const { state } of both) expect(state).toEqual({ kind: 'half-open', isTried: false });
    });

    it('[C7] a success, whoever saw it, begins the count anew', async () => {
      const { here, there } = await setUp();
      for (const breaker of [here, here, here, there]) await breaker.failed();
      await there.succeeded();
      for (let failures = 1; failures <= 4; failures++) await there.failed();
      expect(there.state.kind).toBe('closed');
      await here.failed();
      expect(here.state.kind).toBe('open');
    });

    it('[C7] failures seen at the same moment are all counted, and no more than those', async () => {
      const { both, here, there } = await setUp({ breakerFailures: 21 });
      await Promise.all(Array.from({ length: 10 }, () => both.map((breaker) => breaker.failed())).flat());
      expect([here.state.kind, there.state.kind]).toEqual(['closed', 'closed']);
      await here.failed();
      await untilAll(both, 'open');
    });

    it('[C7] half-open it lets one through, in all processes; a success closes it for all', async () => {
      const { both, here, there, rested } = await setUp();
      await rested();
      const asked = await Promise.all(both.flatMap((breaker) => [breaker.enter(), breaker.enter(), breaker.enter()]));
      const entered = asked.filter((leave) => leave !== undefined);
      expect(entered).toHaveLength(1);
      await untilAll(both, 'half-open', true);
      await here.succeeded();
      await untilAll(both, 'closed');
      entered[0]?.();
      for (const breaker of both) expect(await breaker.enter()).toBeDefined();
      await there.failed();
      expect(there.state.kind).toBe('closed');
    });

    it('[C7] a trial that fails opens it for another minute, for all', async () => {
      const { clock, both, here, there, rested } = await setUp();
      await rested();
      const leave = await here.enter();
      await here.failed();
      leave?.();
      await untilAll(both, 'open');
      expect(there.state).toEqual({ kind: 'open', until: clock.now() + MINUTE_MS });
      clock.advance(MINUTE_MS);
      expect(await there.enter()).toBeDefined();
    });

    it('[C7] a trial that ends without either proves nothing: the next one may try, anywhere', async () => {
      const { both, here, there, rested } = await setUp();
      await rested();
      const leave = await here.enter();
      await untilAll(both, 'half-open', true);
      expect(await there.enter()).toBeUndefined();
      leave?.();
      await untilAll(both, 'half-open', false);
      expect(await there.enter()).toBeDefined();
    });

    it('failures of work that began before it opened do not prolong the rest', async () => {
      const { clock, here, there, rested } = await setUp();
      await rested();
      await here.failed();
      const until = clock.now() + MINUTE_MS;
      clock.advance(30_000);
      await here.failed();
      expect(here.state).toEqual({ kind: 'open', until });
      await there.failed();
      expect(there.state).toEqual({ kind: 'open', until });
    });

    it('tells of every change of its state once, those by time too', async () => {
      const { here, there, rested } = await setUp();
      const told: string[] = [];
      there.onChange(() => told.push(JSON.stringify(there.state)));
      await rested();
      const leave = await here.enter();
      await eventually(() => told.length >= 3);
      leave?.();
      await eventually(() => told.length >= 4);
      await here.succeeded();
      await eventually(() => told.length >= 5);
      expect(told.map((state) => state.replace(/"until":\d+/, ''))).toEqual([
        '{"kind":"open",}',
        '{"kind":"half-open","isTried":false}',
        '{"kind":"half-open","isTried":true}',
        '{"kind":"half-open","isTried":false}',
        '{"kind":"closed"}',
      ]);
    });

    it('another backend has a breaker of its own', async () => {
      const { pair, both, here } = await setUp({ breakerFailures: 1 });
      const others = pair.map((breakers) => breakers.of('comfyui', POLICY));
      await here.failed();
      await untilAll(both, 'open');
      for (const other of others) expect(await other.enter()).toBeDefined();
    });
  });
}
