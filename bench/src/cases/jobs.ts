import { startPostgres } from '../../../packages/server/src/testing/postgres-server.ts';
import type { BenchOptions } from '../bench-options.ts';
import { type Figure, interleave } from '../figures.ts';
import type { Jobs } from '../load/jobs.ts';
import { Remote } from '../remote.ts';
import type { DarkroomServer } from '../servers/darkroom.ts';
import type { JobStoreYardstick } from '../yardsticks/job-store.ts';

/** Jobs from POST to completed with a provider that costs nothing, everything on disk; beside bare SQLite. */
export function jobsCase(options: BenchOptions): Promise<Figure[]> {
  return measureJobs('jobs, POST to completed', options);
}

/** The same over PostgreSQL, on this machine and with every commit synced to disk. */
export async function jobsOverPostgresCase(options: BenchOptions): Promise<Figure[]> {
  const postgres = await startPostgres({ fsync: 'on' });
  try {
    const { href } = await postgres.createDatabase();
    return await measureJobs('jobs over PostgreSQL', options, { DATABASE_URL: href });
  } finally {
    await postgres.remove();
  }
}

async function measureJobs(
  name: string,
  { rounds, quick }: BenchOptions,
  env: Readonly<Record<string, string>> = {},
): Promise<Figure[]> {
  const darkroom = new Remote<DarkroomServer>('./servers/darkroom.ts', env);
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
    return [{ name, unit: '/s', better: 'higher', ...played }];
  } finally {
    await Promise.all([load.stop(), darkroom.stop(), yardstick.stop()]);
  }
}
