import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { registerBreakersContract } from '../../breaker.contract.ts';
import type { Breaker, BreakerPolicy } from '../../breaker.ts';
import type { Clock } from '../../clock.ts';
import { RedisConnection } from '../../redis-connection.ts';
import { eventually } from '../../testing/eventually.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { skipReason } from '../../testing/machine.ts';
import { type RedisServer, startRedis } from '../../testing/redis-server.ts';
import { RedisBreakers } from './redis-breakers.ts';

const skip = skipReason('redis-server');
const MINUTE_MS = 60_000;
const POLICY: BreakerPolicy = { breakerFailures: 2, breakerOpenMs: MINUTE_MS };
/** Longer than any machine is too busy to read an answer. */
const PATIENT_MS = 20_000;
const isTried = ({ state }: Breaker) => state.kind === 'half-open' && state.isTried;

describe.skipIf(skip !== undefined)(`RedisBreakers${skip === undefined ? '' : ` (${skip})`}`, () => {
  let server: RedisServer;
  let tests = 0;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.stop());

  /** The breakers of one more process. `die` is its end without a word. */
  async function openBreakers(prefix: string, clock: Clock, impatientMs = PATIENT_MS) {
    const connection = await RedisConnection.open(server.url, { prefix, impatientMs });
    const breakers = await RedisBreakers.open(connection, clock);
    onTestFinished(async () => {
      await breakers.close();
      await connection.close();
    });
    return { breakers, connection };
  }

  /** One backend's breaker in two processes. */
  async function setUp(impatientMs?: number, policy = POLICY) {
    const clock = new FakeClock();
    const prefix = `test-${tests++}`;
    const [one, two] = [await openBreakers(prefix, clock, impatientMs), await openBreakers(prefix, clock, impatientMs)];
    const [here, there] = [one.breakers.of('forge', policy), two.breakers.of('forge', policy)];
    const rested = async () => {
      while (here.state.kind === 'closed') await here.failed();
      await eventually(() => there.state.kind === 'open');
      clock.advance(MINUTE_MS);
    };
    return { clock, one, two, here, there, rested };
  }

  registerBreakersContract({
    name: 'RedisBreakers',
    createPair: async (clock) => {
      const prefix = `test-${tests++}`;
      return [(await openBreakers(prefix, clock)).breakers, (await openBreakers(prefix, clock)).breakers];
    },
  });

  it('a process that begins knows what the others know', async () => {
    const { clock, one, here, rested } = await setUp();
    await rested();
    await here.failed();
    const third = (await openBreakers(one.connection.prefix, clock)).breakers.of('forge', POLICY);
    await eventually(() => third.state.kind === 'open');
    expect(third.state).toEqual(here.state);
  });

  it('[C7] a trial may take as long as it takes; that of a process that died is over after a while', async () => {
    const { clock, one, here, there, rested } = await setUp();
    await rested();
    expect(await here.enter()).toBeDefined();
    const trialUntil = async () => {
      const text = await one.connection.commands.get(`${one.connection.prefix}:breaker:forge`);
      return Number(/"until":(\d+)/.exec(text ?? '')?.[1]);
    };
    for (let seconds = 0; seconds < 60; seconds += 5) {
      clock.advance(5_000);
      await eventually(async () => (await trialUntil()) === clock.now() + 15_000);
    }
    expect(await there.enter()).toBeUndefined();
    await one.connection.close();
    clock.advance(14_999);
    expect(await there.enter()).toBeUndefined();
    clock.advance(1);
    expect(await there.enter()).toBeDefined();
  });

  it('what it does not hear of at once it finds out within a second', async () => {
    const { clock, two, here, there } = await setUp();
    two.connection.subscriber.disconnect();
    while (here.state.kind === 'closed') await here.failed();
    expect(there.state.kind).toBe('closed');
    clock.advance(1_000);
    await eventually(() => there.state.kind === 'open');
  });

  it('[C7] without Redis each process goes by what it sees itself; then by what Redis says', async () => {
    const { clock, one, two, here, there } = await setUp();
    await here.failed();
    await server.kill();
    await here.failed();
    expect([here.state.kind, there.state.kind]).toEqual(['open', 'closed']);
    expect([await here.enter(), await there.enter()]).toEqual([undefined, expect.any(Function)]);
    clock.advance(MINUTE_MS);
    expect(await here.enter()).toBeDefined();
    expect(isTried(here)).toBe(true);
    await server.start();
    // It has come back empty.
    await eventually(() => {
      clock.advance(1_000);
      return here.state.kind === 'closed';
    });
    const clients = [one, two].flatMap(({ connection }) => [connection.impatient, connection.subscriber]);
    await eventually(() => clients.every(({ status }) => status === 'ready'));
    await here.failed();
    await there.failed();
    // Whoever did not hear of it looks.
    clock.advance(1_000);
    await eventually(() => here.state.kind === 'open' && there.state.kind === 'open');
  });

  it('[C7] a Redis that stands still is not waited for; what it was told meanwhile counts once', async () => {
    // However often they look until Redis answers, the rest is not over.
    const { clock, here, there } = await setUp(1_000, { ...POLICY, breakerOpenMs: 1e12 });
    await here.failed();
    server.freeze();
    await here.failed();
    expect(here.state.kind).toBe('open');
    server.thaw();
    await eventually(() => {
      clock.advance(1_000);
      return there.state.kind === 'open';
    });
    await eventually(() => isDeepStrictEqual(here.state, there.state));
  });

  it('a record that it cannot read is replaced', async () => {
    const { one, here } = await setUp();
    await one.connection.commands.set(`${one.connection.prefix}:breaker:forge`, 'another version’s');
    while (here.state.kind === 'closed') await here.failed();
    expect(await one.connection.commands.pttl(`${one.connection.prefix}:breaker:forge`)).toBeGreaterThan(MINUTE_MS);
  });
});
