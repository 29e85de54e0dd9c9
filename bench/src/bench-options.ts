import { parseArgs } from 'node:util';

/** What the command line asks for. */
export interface BenchOptions {
  /** Fewer rounds, readers and events: a minute instead of many. */
  readonly quick: boolean;
  /** Only cases whose name begins so. */
  readonly only: string;
  /** The load test instead of the measurements. */
  readonly load: boolean;
  /** Watchers and jobs of the load test. */
  readonly watchers: number;
  readonly jobs: number;
  readonly rounds: number;
}

export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      load: { type: 'boolean', default: false },
      watchers: { type: 'string', default: '300' },
      jobs: { type: 'string', default: '20' },
    },
  });
  const { watchers, jobs, ...rest } = values;
  return { ...rest, watchers: Number(watchers), jobs: Number(jobs), rounds: values.quick ? 3 : 5 };
}
