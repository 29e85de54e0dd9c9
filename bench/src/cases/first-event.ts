import type { BenchOptions } from '../bench-options.ts';
import { type Figure, interleave } from '../figures.ts';
import type { FirstEventLoad } from '../load/first-event.ts';
import { Remote } from '../remote.ts';
import type { DarkroomServer } from '../servers/darkroom.ts';
import type { FirstEventYardstick } from '../yardsticks/first-event.ts';

/** From a POST to the job's first event on a socket, beside servers that store nothing. */
export async function firstEventCase({ rounds, quick }: BenchOptions): Promise<Figure[]> {
  const darkroom = new Remote<DarkroomServer>('./servers/darkroom.ts');
  const yardstick = new Remote<FirstEventYardstick>('./yardsticks/first-event.ts');
  const load = new Remote<FirstEventLoad>('./load/first-event.ts');
  try {
    const { port } = await darkroom.call('finished');
    const yardstickPort = await yardstick.call('open');
    const measure = (at: number) => load.call('measure', { port: at, times: quick ? 20 : 50 });
    await measure(port);
    await measure(yardstickPort);
    const { darkroom: ours, yardstick: bare } = await interleave(
      rounds,
      () => measure(port),
      () => measure(yardstickPort),
    );
    return (['p50', 'p99'] as const).map((key) => ({
      name: `POST to the first event on a socket: ${key}`,
      unit: 'ms',
      better: 'lower',
      darkroom: ours.map((round) => round[key]),
      yardstick: bare.map((round) => round[key]),
    }));
  } finally {
    await Promise.all([load.stop(), darkroom.stop(), yardstick.stop()]);
  }
}
