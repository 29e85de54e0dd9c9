/** `npm run test:chaos`: Darkroom over many processes, whose parts break while people use it. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readOptions } from './chaos-options.ts';
import { runChaos } from './run-chaos.ts';

const LOGS = fileURLToPath(new URL('../../.cache/chaos/', import.meta.url));

async function main(): Promise<void> {
  const { seed, minutes, ...asked } = readOptions(process.argv.slice(2), 1 + Math.floor(Math.random() * 99_999));
  const logs = join(LOGS, `${seed}`);
  console.log(`chaos with seed ${seed}: ${asked.jobs} jobs, ${asked.watchers} watchers, ${minutes} minutes`);
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => interrupted.abort(new Error(`${signal}: given up`)));
  const { figures, errors } = await runChaos({
    ...asked,
    seed,
    gateways: 2,
    workers: 3,
    watchersPerJob: 2,
    durationMs: minutes * 60_000,
    everyMs: 4_000,
    paceMs: 100,
    silenceMs: 20_000,
    patienceMs: 180_000,
    logs,
    signal: interrupted.signal,
    tell: console.log,
  });
  console.table(figures);
  for (const error of errors) console.error(error);
  console.log(
    errors.length === 0
      ? `Nothing was lost, doubled or untrue (seed ${seed}).`
      : `${errors.length} errors. What the processes said is in ${logs}; the same again: npm run test:chaos -- --seed ${seed}`,
  );
  process.exitCode = errors.length === 0 ? 0 : 1;
}

await main();
