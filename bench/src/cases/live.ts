import type { BenchOptions } from '../bench-options.ts';
import { type Contender, play, type Round } from '../broadcast.ts';
import { type Figure, interleave } from '../figures.ts';
import type { LiveServer } from '../live-server.ts';
import type { LiveTransport } from '../load/handshake.ts';
import type { Readers } from '../load/readers.ts';
import { Remote } from '../remote.ts';
import type { DarkroomServer } from '../servers/darkroom.ts';

const SAMPLES = 50;

/** Both servers with `count` readers each. */
export async function withContenders<T>(
  transport: LiveTransport,
  count: number,
  work: (darkroom: Contender, yardstick: Contender) => Promise<T>,
): Promise<T> {
  const darkroom = new Remote<DarkroomServer>('./servers/darkroom.ts');
  const yardstick = new Remote<LiveServer>(`./yardsticks/${transport}-broadcast.ts`);
  const readers = [new Remote<Readers>('./load/readers.ts'), new Remote<Readers>('./load/readers.ts')] as const;
  try {
    await darkroom.call('open');
    const like = await darkroom.call('sample');
    const targets = [await darkroom.call('open'), await yardstick.call('open', like)] as const;
    for (const [i, target] of targets.entries())
      await readers[i === 0 ? 0 : 1].call('open', { transport, target, count, samples: SAMPLES });
    const server = darkroom as unknown as Remote<LiveServer>;
    return await work(
      { driver: server, servers: [server], readers: readers[0], count },
      { driver: yardstick, servers: [yardstick], readers: readers[1], count },
    );
  } finally {
    await Promise.all(readers.map((remote) => remote.stop()));
    await Promise.all([darkroom.stop(), yardstick.stop()]);
  }
}

/** Deliveries a second and latency to many readers of one job, beside a broadcast of the same bytes. */
export function liveCase(transport: LiveTransport, count: number, rounds: number): Promise<Figure[]> {
  const turns = Math.max(10, Math.round(100_000 / count));
  const plans = {
    'one each': { turns, perTurn: 1, gapMs: 0 },
    'bursts of 8': { turns: Math.ceil(turns / 4), perTurn: 8, gapMs: 0 },
    paced: { turns: 50, perTurn: 1, gapMs: Math.max(10, count / 50) },
  } as const;
  const who = `${count} ${transport} readers`;
  return withContenders(transport, count, async (darkroom, yardstick) => {
    await play(darkroom, plans['one each']);
    await play(yardstick, plans['one each']);
    const measure = async (name: keyof typeof plans, pick: readonly (readonly [string, string, keyof Round])[]) => {
      const played = await interleave(
        rounds,
        () => play(darkroom, plans[name]),
        () => play(yardstick, plans[name]),
      );
      return pick.map(
        ([what, unit, key]): Figure => ({
          name: `${who}, ${name}: ${what}`,
          unit,
          better: key === 'deliveriesPerSecond' ? 'higher' : 'lower',
          darkroom: played.darkroom.map((round) => round[key]),
          yardstick: played.yardstick.map((round) => round[key]),
        }),
      );
    };
    const deliveries = [
      ['deliveries', '/s', 'deliveriesPerSecond'],
      ['server CPU a delivery', 'µs', 'cpuUs'],
    ] as const;
    return [
      ...(await measure('one each', deliveries)),
      ...(await measure('bursts of 8', deliveries)),
      ...(await measure('paced', [
        ['p50', 'ms', 'p50Ms'],
        ['p99', 'ms', 'p99Ms'],
      ])),
    ];
  });
}

/** From the append to a socket, with few readers: what one event takes through the log. */
export async function latencyCase({ rounds }: BenchOptions): Promise<Figure[]> {
  const figures = await liveCase('ws', 100, rounds);
  return figures.filter(({ name }) => name.includes('paced'));
}
