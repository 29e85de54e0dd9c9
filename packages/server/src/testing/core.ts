import { join } from 'node:path';
import type { Job, ProgressEvent } from '@darkroom/protocol';
import { onTestFinished } from 'vitest';
import { InProcessBreakers } from '../breakers/in-process/in-process-breakers.ts';
import { projectEvent } from '../conversations/project-message.ts';
import { ImageDecoder } from '../image-files/image-decoder.ts';
import { DiskImages } from '../images/disk/disk-images.ts';
import type { Images } from '../images.ts';
import { Backend } from '../jobs/backend.ts';
import type { BackendPolicy } from '../jobs/backend-policy.ts';
import { BackendPool } from '../jobs/backend-pool.ts';
import { JobLog } from '../jobs/job-log.ts';
import { JobQuota } from '../jobs/job-quota.ts';
import { JobService } from '../jobs/job-service.ts';
import { PutBack } from '../jobs/put-back.ts';
import { QueueBoard } from '../jobs/queue-board.ts';
import { Uploads } from '../jobs/uploads.ts';
import { Worker } from '../jobs/worker.ts';
import type { Provider } from '../provider.ts';
import { InProcessQueue } from '../queues/in-process/in-process-queue.ts';
import { InProcessRelay } from '../relays/in-process/in-process-relay.ts';
import type { Store } from '../store.ts';
import { SqliteStore } from '../stores/sqlite/sqlite-store.ts';
import { eventually } from './eventually.ts';
import { FakeClock } from './fake-clock.ts';
import { createManualProvider } from './manual-provider.ts';
import { tempFolder } from './temp-folder.ts';

/** No retries, and a breaker that stays closed: a test that is about them says so. */
export const NO_RETRIES: BackendPolicy = {
  retryDelaysMs: [],
  maxRetryAfterMs: 60_000,
  breakerFailures: 1_000,
  breakerOpenMs: 60_000,
};

/** More than a worker that stops waits for at a time. */
const STOP_MS = 60_000;

export interface CoreOptions {
  /** None: one that the test does not steer. */
  readonly providers: readonly Provider[];
  readonly policy?: Partial<BackendPolicy>;
  readonly maxQueued?: number;
  /** Unfinished jobs of one client; default: as many as may wait. */
  readonly maxPerClient?: number;
  /** Folder of an earlier core: what it left is found. */
  readonly folder?: string;
  /** A storage that another core uses at the same time. */
  readonly shared?: Store;
  /** Name of the worker; default `worker-1`. */
  readonly workerId?: string;
  /** The machine at whose own addresses its backends are; default: they are at the same place for all. */
  readonly machine?: string;
  /** Puts something around the image storage. */
  readonly wrapImages?: (images: Images) => Images;
}

/** The core on its embedded adapters, in a folder of its own, with a clock that stands still. The worker is not started. */
export async function setUpCore({ providers, policy, maxQueued = 1_000, folder, wrapImages, ...rest }: CoreOptions) {
  const home = folder ?? (await tempFolder());
  const clock = new FakeClock();
  const store = rest.shared ?? (await SqliteStore.open(join(home, 'darkroom.sqlite')));
  const disk = new DiskImages(join(home, 'images'));
  const images = wrapImages?.(disk) ?? disk;
  const queue = new InProcessQueue();
  const relay = new InProcessRelay();
  const log = new JobLog(store, relay, clock, { project: projectEvent });
  const used = providers.length > 0 ? providers : [createManualProvider()];
  const breakers = new InProcessBreakers(clock);
  const whole = { ...NO_RETRIES, ...policy };
  const backends = used.map((provider) => {
    const breaker = breakers.of(provider.name, whole);
    const place = rest.machine === undefined ? provider.name : `${provider.kind} at ${rest.machine}`;
    return new Backend(provider, { place, clock, policy: whole, breaker });
  });
  const pool = new BackendPool(backends);
  const board = new QueueBoard(queue, clock, (jobId) => {
    const job = log.peek(jobId)?.job;
    return job && pool.paceFor(job);
  });
  const decoder = new ImageDecoder({ clock });
  const uploads = new Uploads({ images, clock, decoder });
  const quota = new JobQuota({ store, clock, maxPerClient: rest.maxPerClient ?? maxQueued });
  const jobs = new JobService({ log, queue, pool, uploads, quota, clock, maxQueued });
  const faults: unknown[] = [];
  const onFault = (_jobId: string, fault: unknown) => void faults.push(fault);
  const putBack = new PutBack({ store, log, queue, pool, clock });
  const parts = { store, images, queue, relay, log, pool, putBack, clock };
  const worker = new Worker({ ...parts, id: rest.workerId ?? 'worker-1', takeOverAfterMs: 20_000, onFault });
  onTestFinished(async () => {
    await stopNow(worker, clock);
    await putBack.close();
    await decoder.close();
    log.close();
    await breakers.close();
    await store.close();
  });
  return { ...parts, folder: home, board, uploads, quota, jobs, worker, faults };
}

/** Stops a worker; the time that it would give a backend which does not let go passes at once. */
async function stopNow(worker: Worker, clock: FakeClock): Promise<void> {
  let isStopped = false;
  const stopped = worker.stop().finally(() => {
    isStopped = true;
  });
  await eventually(() => {
    clock.advance(STOP_MS);
    return isStopped;
  });
  await stopped;
}

export type Core = Awaited<ReturnType<typeof setUpCore>>;

/** Makes a job of five steps; fails the test if it is refused. */
export async function createJob({ jobs }: Pick<Core, 'jobs'>, prompt = 'a lighthouse'): Promise<Job> {
  const result = await jobs.create({ prompt, options: { steps: 5 } });
  if (!result.ok) throw new Error(`refused: ${result.reason}`);
  return result.job;
}

/** Resolves with the job as soon as it satisfies `condition`. */
export async function jobWhen(
  { log }: Pick<Core, 'log'>,
  jobId: string,
  condition: (job: Job) => boolean,
): Promise<Job> {
  const { promise, resolve } = Promise.withResolvers<Job>();
  const look = () => {
    const job = log.peek(jobId)?.job;
    if (job !== undefined && condition(job)) resolve(job);
  };
  const unwatch = await log.watch(jobId, look);
  look();
  return promise.finally(() => unwatch?.());
}

export const hasStatus =
  (...statuses: Job['status'][]) =>
  (job: Job) =>
    statuses.includes(job.status);

/** The whole log of a job. */
export async function readLog({ store }: Pick<Core, 'store'>, jobId: string): Promise<readonly ProgressEvent[]> {
  return store.readEvents(jobId, 0, 1_000);
}
