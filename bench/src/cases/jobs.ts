import { startPostgres } from '../../../packages/server/src/testing/postgres-server.ts';
import type { BenchOptions } from '../bench-options.ts';
import { type Figure, interleave } from '../figures.ts';
import type { LiveServer } from '../live-server.ts';
import type { Jobs } from '../load/jobs.ts';
import { Remote } from '../remote.ts';
import type { DarkroomServer } from '../servers/darkroom.ts';
import { startSharedServers } from '../shared-servers.ts';
import type { BullmqJobs } from '../yardsticks/bullmq-jobs.ts';
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

/** The same as several processes would have it, queue and relay on Redis; beside bare BullMQ, which keeps nothing else. */
export async function jobsOverRedisCase({ rounds, quick }: BenchOptions): Promise<Figure[]> {
  const shared = await startSharedServers();
  const darkroom = new Remote<DarkroomServer>('./servers/darkroom.ts', shared.environment);
  const yardstick = new Remote<BullmqJobs>('./yardsticks/bullmq-jobs.ts');
  const load = new Remote<Jobs>('./load/jobs.ts');
  const jobs = quick ? 500 : 2_000;
  const { redisUrl } = shared;
  const timed = async (server: Remote<Pick<LiveServer, 'cpuUs'>>, work: () => Promise<number>) => {
    const before = await server.call('cpuUs');
    const perSecond = await work();
    return { perSecond, cpuUs: ((await server.call('cpuUs')) - before) / jobs };
  };
  try {
    const { port } = await darkroom.call('finished');
    const ours = () => timed(darkroom, () => load.call('measure', { port, jobs }));
    const bare = () => timed(yardstick, () => yardstick.call('measure', { redisUrl, jobs }));
    await ours();
    await bare();
    const played = await interleave(rounds, ours, bare);
    const figure = (what: string, unit: string, key: 'perSecond' | 'cpuUs', better: Figure['better']): Figure => ({
      name: `jobs over PostgreSQL and Redis${what}`,
      unit,
      better,
      darkroom: played.darkroom.map((round) => round[key]),
      yardstick: played.yardstick.map((round) => round[key]),
    });
    return [figure('', '/s', 'perSecond', 'higher'), figure(': server CPU a job', 'µs', 'cpuUs', 'lower')];
  } finally {
    await Promise.all([load.stop(), darkroom.stop(), yardstick.stop()]);
    await shared.stop();
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
