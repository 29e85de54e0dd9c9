/**
 * The real server in a process of its own, with a provider that costs nothing. The prompt `hold` makes a job that runs until
 * it is told to stop. The environment may say what several of them share, and which role this one has.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compose } from '../../../packages/server/src/compose.ts';
import { readConfig } from '../../../packages/server/src/config.ts';
import { createScriptedProvider, instantly } from '../../../packages/server/src/testing/scripted-provider.ts';
import { nextTurn, sleep } from '../clock.ts';
import { drive, vitals } from '../drive.ts';
import type { LiveServer } from '../live-server.ts';
import { serve } from '../remote.ts';

/** A backend that costs nothing has room for many. */
const CONCURRENCY = 64;
const STEPS = 50;

const provider = createScriptedProvider(
  async function* (request, context) {
    if (request.prompt === 'hold') {
      yield { type: 'progress', percent: 0, step: 1, steps: STEPS };
      await new Promise((resolve) => context.signal.addEventListener('abort', resolve));
    } else yield* instantly();
  },
  { concurrency: CONCURRENCY },
);

const dataDir = await mkdtemp(join(tmpdir(), 'darkroom-bench-'));
const { DATABASE_URL, REDIS_URL, ROLE } = process.env;
const settings = { PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'silent', MAX_QUEUED: '1000000' };
const config = readConfig({ ...settings, DATABASE_URL, REDIS_URL, ROLE });
const darkroom = await compose(config, { providers: [provider] });
const port = Number(new URL(darkroom.url).port);
let jobId = '';
let step = 0;

/** Makes a job and waits until it does nothing more by itself. */
async function open(prompt: string, status: string) {
  const result = await darkroom.jobs.create({ prompt });
  if (!result.ok) throw new Error(result.reason);
  const { id } = result.job;
  while (darkroom.log.peek(id)?.job.status !== status) await nextTurn();
  await sleep(100);
  return { port, jobId: id, head: darkroom.log.peek(id)?.job.lastEventSeq ?? 0, readyText: '"epoch"' };
}

async function append(events: number): Promise<void> {
  const results = Array.from({ length: events }, () => {
    step = (step % STEPS) + 1;
    return darkroom.log.appendAtHead(jobId, { type: 'progress', percent: step * 2, step, steps: STEPS });
  });
  for (const { outcome } of await Promise.all(results)) if (outcome !== 'appended') throw new Error(outcome);
}

const methods = {
  ...vitals,
  port: () => port,
  /** Where the open job stands. */
  head: () => darkroom.log.peek(jobId)?.job.lastEventSeq ?? 0,
  /** Events go to this job from now on. */
  use: (id: string) => {
    jobId = id;
  },
  open: async () => {
    const target = await open('hold', 'running');
    jobId = target.jobId;
    return target;
  },
  /** A job that has ended. */
  finished: () => open('done at once', 'completed'),
  /** JSON of the open job's newest event. */
  sample: async () => {
    await append(1);
    const head = darkroom.log.peek(jobId)?.job.lastEventSeq ?? 1;
    const [logged] = await darkroom.log.readEvents(jobId, head - 1);
    return logged?.json ?? '';
  },
  drive: (plan: Parameters<LiveServer['drive']>[0]) => drive(plan, append),
};
export type DarkroomServer = typeof methods;

serve(methods, async () => {
  await darkroom.stop();
  await rm(dataDir, { recursive: true, force: true });
});
