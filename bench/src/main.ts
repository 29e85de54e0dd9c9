/** `npm run bench` (README.md): what Darkroom reaches beside the least that could do the same. `-- --quick`, `-- --only live-ws`; `--load` is the load test. */
import { type BenchOptions, readOptions } from './bench-options.ts';
import { backendCase } from './cases/backend.ts';
import { bundleCase } from './cases/bundle.ts';
import { chatPageCase } from './cases/chat-page.ts';
import { conversationCase } from './cases/conversation.ts';
import { firstEventCase } from './cases/first-event.ts';
import { jobsCase, jobsOverPostgresCase, jobsOverRedisCase } from './cases/jobs.ts';
import { latencyCase, liveCase } from './cases/live.ts';
import { memoryCase } from './cases/memory.ts';
import { millionCase } from './cases/million.ts';
import { gatewaysCase, processesCase } from './cases/processes.ts';
import { queueCase } from './cases/queue.ts';
import { snapshotCase } from './cases/snapshot.ts';
import { unreliableCase } from './cases/unreliable.ts';
import type { Figure } from './figures.ts';
import { printFigure, printHeader, writeResults } from './report.ts';
import { runLoadTest } from './watching/load-test.ts';

type Case = (options: BenchOptions) => Promise<Figure[]>;

const live =
  (transport: 'ws' | 'sse', readers: number): Case =>
  ({ rounds, quick }) =>
    liveCase(transport, quick ? readers / 5 : readers, rounds);

const CASES: Readonly<Record<string, Case>> = {
  'live-ws-1000': live('ws', 1_000),
  'live-ws-5000': live('ws', 5_000),
  'live-sse-1000': live('sse', 1_000),
  'live-sse-5000': live('sse', 5_000),
  snapshot: snapshotCase,
  jobs: jobsCase,
  'jobs-postgres': jobsOverPostgresCase,
  'jobs-redis': jobsOverRedisCase,
  queue: queueCase,
  processes: processesCase,
  gateways: gatewaysCase,
  conversation: conversationCase,
  'first-event': firstEventCase,
  latency: latencyCase,
  memory: memoryCase,
  bundle: bundleCase,
  'chat-page': chatPageCase,
  backend: backendCase,
  unreliable: unreliableCase,
};

/** Cases that take many minutes: only when they are named. */
const LONG: Readonly<Record<string, Case>> = { million: millionCase };

async function bench(options: BenchOptions): Promise<number> {
  const all: Readonly<Record<string, Case>> = options.only === '' ? CASES : { ...CASES, ...LONG };
  const names = Object.keys(all).filter((name) => name.startsWith(options.only));
  if (names.length === 0) {
    console.error(`There is no case "${options.only}"; there are: ${Object.keys(all).join(', ')}`);
    return 1;
  }
  const figures: Figure[] = [];
  let exitCode = 0;
  printHeader();
  for (const name of names) {
    try {
      const measured = (await all[name]?.(options)) ?? [];
      measured.forEach(printFigure);
      figures.push(...measured);
    } catch (thrown) {
      console.error(`${name} failed: ${thrown instanceof Error ? thrown.message : thrown}`);
      exitCode = 1;
    }
  }
  console.log(`\nWritten to ${writeResults(figures)}`);
  return exitCode;
}

const options = readOptions(process.argv.slice(2));
process.exitCode = options.load ? await runLoadTest(options) : await bench(options);
