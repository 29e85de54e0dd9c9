import type { BenchOptions } from '../bench-options.ts';
import { type Figure, interleave } from '../figures.ts';
import type { Jobs } from '../load/jobs.ts';
import { Remote } from '../remote.ts';
import type { DarkroomServer } from '../servers/darkroom.ts';
import type { JobStoreYardstick } from '../yardsticks/job-store.ts';

/** Jobs from POST to completed with a provider that costs nothing, everything on disk; beside bare SQLite. */
export async function jobsCase({ rounds, quick }: BenchOptions): Promise<Figure[]> {
  const darkroom = new Remote<DarkroomServer>('./servers/darkroom.ts');
  const yardstick = new Remote<JobStoreYardstick>('./yardsticks/job-store.ts');
  const load = new Remote<Jobs>('./load/jobs.ts');
  try {
    const { port } = await darkroom.call('finished');
    const yardstickPort = await yardstick.call('open');
    const measure = (at: number) => load.call('measure', { port: at, jobs: quick ? 300 : 1_000 });
    await measure(port);
    await measure(yardstickPort);
    const played = await interleave(
      rounds,
      () => measure(port),
      () => measure(yardstickPort),
    );
    return [{ name: 'jobs, POST to completed', unit: '/s', better: 'higher', ...played }];
  } finally {
    await Promise.all([load.stop(), darkroom.stop(), yardstick.stop()]);
  }
}
