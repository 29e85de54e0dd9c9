import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { JobResponse, JobSnapshotResponse, type TransportMode } from '@darkroom/protocol';
import type { BenchOptions } from '../bench-options.ts';
import { watch } from './watcher.ts';

const MAIN = fileURLToPath(new URL('../../../packages/server/src/main.ts', import.meta.url));
/** Watchers take these in turn: half of them stay on one transport, half wander. */
const ROUTES: readonly (readonly TransportMode[])[] = [
  ['ws'],
  ['ws', 'sse', 'poll'],
  ['sse'],
  ['poll', 'ws'],
  ['poll'],
  ['sse', 'ws', 'poll'],
];

/** The server as `npm start` runs it, with the built-in generator at full speed. */
async function startServer(dataDir: string): Promise<{ url: string; child: ChildProcess }> {
  const settings = { PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'error', PROVIDERS: 'sketch:?stepMs=0' };
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface(child.stdout)) {
    const url = /^Darkroom is at (\S+)/.exec(line)?.[1];
    if (url !== undefined) return { url, child };
  }
  throw new Error('the server did not start');
}

async function createJob(url: string, number: number): Promise<string> {
  const response = await fetch(`${url}/api/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ prompt: `load test, picture ${number}` }),
  });
  if (!response.ok) throw new Error(await response.text());
  return JobResponse.parse(await response.json()).job.id;
}

async function headOf(url: string, jobId: string): Promise<number> {
  const snapshot = JobSnapshotResponse.parse(await (await fetch(`${url}/api/jobs/${jobId}`)).json());
  if (snapshot.job.status !== 'completed') throw new Error(`job ${jobId} is ${snapshot.job.status}`);
  return snapshot.head;
}

/** Every watcher must get every event of its job exactly once and in order; answers the events all of them got. */
async function watchAll(url: string, { watchers, jobs }: BenchOptions): Promise<number> {
  const ids = await Promise.all(Array.from({ length: jobs }, (_, number) => createJob(url, number)));
  const watching = Array.from({ length: watchers }, async (_, number) => {
    const jobId = ids[number % ids.length] ?? '';
    // The second factor keeps job and route independent of each other.
    const transports = ROUTES[Math.floor(number / ids.length) % ROUTES.length] ?? ['ws'];
    const last = await watch({ url, jobId, transports });
    const head = await headOf(url, jobId);
    if (last.seq !== head) throw new Error(`a watcher ended at ${last.id}, the log at ${head}`);
    return last.seq;
  });
  return (await Promise.all(watching)).reduce((sum, events) => sum + events, 0);
}

/** `npm run test:load`: many watchers over all transports on many jobs. Answers the exit code. */
export async function runLoadTest(options: BenchOptions): Promise<number> {
  const dataDir = await mkdtemp(join(tmpdir(), 'darkroom-load-'));
  const { url, child } = await startServer(dataDir);
  const ended = once(child, 'exit');
  try {
    const startedAt = performance.now();
    const events = await watchAll(url, options);
    const seconds = (performance.now() - startedAt) / 1_000;
    console.log(
      `${options.watchers} watchers over ws, sse and polling, ${options.jobs} jobs: ` +
        `${events} events in ${seconds.toFixed(1)} s, each one once and in order.`,
    );
    return 0;
  } catch (thrown) {
    console.error(`Load test failed: ${thrown instanceof Error ? thrown.message : thrown}`);
    return 1;
  } finally {
    child.kill();
    await ended;
    await rm(dataDir, { recursive: true, force: true });
  }
}
