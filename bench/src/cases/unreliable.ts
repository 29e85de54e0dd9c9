import type { BenchOptions } from '../bench-options.ts';
import type { Figure } from '../figures.ts';
import type { TruthfulJobs } from '../load/truthful-jobs.ts';
import { Remote } from '../remote.ts';
import type { DarkroomOfBackends } from '../servers/darkroom-of-backends.ts';
import type { UnreliableBackends } from '../servers/unreliable-backends.ts';

const JOBS = 10_000;
const FAILING = 0.3;
const PARTS = 5;
const MIB = 1024 * 1024;

/** Many jobs over backends that fail at random: whether each ends truthfully, nothing runs twice at once, and memory stays flat. */
export async function unreliableCase({ quick }: BenchOptions): Promise<Figure[]> {
  const jobs = quick ? JOBS / 10 : JOBS;
  const backends = new Remote<UnreliableBackends>('./servers/unreliable-backends.ts');
  const darkroom = new Remote<DarkroomOfBackends>('./servers/darkroom-of-backends.ts');
  const load = new Remote<TruthfulJobs>('./load/truthful-jobs.ts');
  try {
    const environment = await backends.call('start', { submissions: 4 * jobs, failing: FAILING });
    const port = await darkroom.call('open', environment);
    const ended = { completed: 0, failed: 0, untruthful: 0 };
    const memory: number[] = [];
    for (let part = 0; part < PARTS; part++) {
      const first = (part * jobs) / PARTS;
      const { completed, failed, untruthful } = await load.call('run', { port, first, jobs: jobs / PARTS });
      ended.completed += completed;
      ended.failed += failed;
      ended.untruthful += untruthful;
      memory.push((await darkroom.call('memory')) / MIB);
    }
    const { alive, mostOfOneJob } = await backends.call('account');
    const of = `of ${jobs} jobs, backends failing ${FAILING * 100} %`;
    return [
      { name: `${of}: completed`, unit: 'jobs', better: 'higher', darkroom: [ended.completed] },
      { name: `${of}: failed, with a reason`, unit: 'jobs', better: 'lower', darkroom: [ended.failed] },
      { name: `${of}: ended otherwise`, unit: 'jobs', better: 'lower', darkroom: [ended.untruthful] },
      { name: `${of}: left running at the backends`, unit: 'works', better: 'lower', darkroom: [alive] },
      { name: `${of}: most works of one job at once`, unit: 'works', better: 'lower', darkroom: [mostOfOneJob] },
      ...memory.map((mib, part): Figure => {
        const name = `memory after ${((part + 1) * jobs) / PARTS} of them`;
        return { name, unit: 'MiB', better: 'lower', darkroom: [mib] };
      }),
    ];
  } finally {
    await load.stop();
    await darkroom.stop();
    await backends.stop();
  }
}
