import { createRandom } from '../../packages/server/src/testing/random.ts';
import { Cluster } from './cluster/cluster.ts';
import { namesOf } from './cluster/part-names.ts';
import { breakParts } from './faults/break-parts.ts';
import { planFaults } from './faults/fault-plan.ts';
import { followLoad } from './follow-load.ts';
import { Load } from './load/load.ts';
import { planJobs } from './load/load-plan.ts';
import { judge, type Verdict } from './verdict/verdict.ts';

export interface ChaosOptions {
  /** Decides what breaks and what is asked for. */
  readonly seed: number;
  readonly gateways: number;
  readonly workers: number;
  readonly jobs: number;
  readonly watchers: number;
  readonly watchersPerJob: number;
  /** Things break, and jobs are made, for so long. */
  readonly durationMs: number;
  /** How often something breaks. */
  readonly everyMs: number;
  /** Milliseconds a step takes at every backend. */
  readonly paceMs: number;
  /** After this silence a worker's jobs are taken over; undefined: as it is by default. */
  readonly silenceMs: number;
  /** When nothing has moved for so long, the run is given up. */
  readonly patienceMs: number;
  /** A folder for what the processes log. */
  readonly logs: string;
  /** Aborted: everything is ended and removed. */
  readonly signal?: AbortSignal;
  /** Told of what happens. */
  readonly tell: (news: string) => void;
}

/** Lets everything that is planned happen, and waits for the end of it; answers what came to none. */
async function carryOut(cluster: Cluster, load: Load, options: ChaosOptions, stop: AbortController): Promise<string[]> {
  const plan = planFaults({ ...options, random: createRandom(options.seed) });
  const startedAt = performance.now();
  const tell = (news: string) =>
    options.tell(`${((performance.now() - startedAt) / 1_000).toFixed(1).padStart(6)} s  ${news}`);
  const onStandstill = () => stop.abort(new Error(`nothing has moved for ${options.patienceMs / 1_000} s`));
  const unfollow = followLoad({ load, patienceMs: options.patienceMs, tell, onStandstill });
  const running = load.run().then(
    () => [],
    (thrown: unknown) => [`given up: ${thrown instanceof Error ? thrown.message : thrown}`, ...load.unfinished],
  );
  try {
    await breakParts(cluster, plan, { signal: stop.signal, tell }).catch((thrown: unknown) => {
      if (!stop.signal.aborted) throw thrown;
    });
    return await running;
  } finally {
    unfollow();
    stop.abort(new Error('the run is over'));
  }
}

/** Starts a whole Darkroom, lets people use it while its parts break, and says what it came to. */
export async function runChaos(options: ChaosOptions): Promise<Verdict> {
  const { seed, silenceMs, jobs, durationMs } = options;
  const settings = { TAKE_OVER_AFTER: `${silenceMs}ms` };
  const cluster = await Cluster.start({ ...options, settings });
  const stop = new AbortController();
  options.signal?.addEventListener('abort', () => stop.abort(options.signal?.reason));
  try {
    const load = new Load({
      ...options,
      url: cluster.url,
      jobs: planJobs(createRandom(seed + 1), jobs, durationMs),
      random: createRandom(seed + 2),
      signal: stop.signal,
    });
    const unfinished = await carryOut(cluster, load, options, stop);
    const gatewayUrls = namesOf(options).gateways.map((name) => `http://127.0.0.1:${cluster.process(name).port}`);
    const works = [...cluster.comfyui.works, ...cluster.forge.works];
    const verdict = await judge({ load, gatewayUrls, works }).catch((thrown: unknown) => {
      return { figures: {}, errors: [`not judged: ${thrown instanceof Error ? thrown.message : thrown}`] };
    });
    const crashes = [...cluster.processes.values()]
      .filter((process) => process.crashes > 0)
      .map((process) => `${process.name} ended by itself ${process.crashes} times`);
    return { ...verdict, errors: [...unfinished, ...crashes, ...verdict.errors] };
  } finally {
    await cluster.close();
  }
}
