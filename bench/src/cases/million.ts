import { randomInt } from 'node:crypto';
import { Queue, Worker } from 'bullmq';
import { InProcessBreakers } from '../../../packages/server/src/breakers/in-process/in-process-breakers.ts';
import { systemClock } from '../../../packages/server/src/clock.ts';
import { Backend } from '../../../packages/server/src/jobs/backend.ts';
import { DEFAULT_POLICY } from '../../../packages/server/src/jobs/backend-policy.ts';
import { BackendPool } from '../../../packages/server/src/jobs/backend-pool.ts';
import { JobLog } from '../../../packages/server/src/jobs/job-log.ts';
import { PutBack } from '../../../packages/server/src/jobs/put-back.ts';
import { BullmqQueue } from '../../../packages/server/src/queues/bullmq/bullmq-queue.ts';
import { RedisConnection } from '../../../packages/server/src/redis-connection.ts';
import { InProcessRelay } from '../../../packages/server/src/relays/in-process/in-process-relay.ts';
import { PostgresStore } from '../../../packages/server/src/stores/postgres/postgres-store.ts';
import { openPostgresTables } from '../../../packages/server/src/stores/postgres/postgres-tables.ts';
import { firstEvent, sampleJob } from '../../../packages/server/src/testing/sample-job.ts';
import { createScriptedProvider, instantly } from '../../../packages/server/src/testing/scripted-provider.ts';
import type { BenchOptions } from '../bench-options.ts';
import { type Figure, percentile } from '../figures.ts';
import { type SharedServers, startSharedServers } from '../shared-servers.ts';

const MILLION = 1_000_000;
const ROWS_AT_ONCE = 5_000;
const ADDED_AT_ONCE = 500;
const SAMPLES = 2_000;

/** Milliseconds that each of `times` calls takes. */
async function timeEach(times: number, work: () => Promise<unknown>): Promise<number[]> {
  const took: number[] = [];
  for (let count = 0; count < times; count++) took.push(await timeOne(work));
  return took;
}

async function timeOne(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

/** Waiting jobs with tickets from 1 on; answers their ids. */
async function fillStore(url: URL, count: number): Promise<readonly string[]> {
  const tables = await openPostgresTables(url, 'writing');
  const ids: string[] = [];
  while (ids.length < count) {
    const jobs = Array.from({ length: Math.min(ROWS_AT_ONCE, count - ids.length) }, () => sampleJob());
    const rows = jobs.map((job, index) => ({
      id: job.id,
      ticket: ids.length + index + 1,
      status: job.status,
      epoch: 'epoch-1',
      head: 1,
      created_at: Date.parse(job.createdAt),
      updated_at: Date.parse(job.updatedAt),
      job: JSON.stringify(job),
    }));
    await tables.insert('jobs', rows);
    const events = jobs.map((job) => ({ job_id: job.id, seq: 1, event: JSON.stringify(firstEvent(job)) }));
    await tables.insert('events', events);
    ids.push(...jobs.map(({ id }) => id));
  }
  await tables.raiseCounters({ ticket: count, messageId: 0 });
  await tables.close();
  return ids;
}

/** A worker's parts on these servers, without the worker. */
async function openDarkroom({ redisUrl }: SharedServers, url: URL) {
  const store = await PostgresStore.open(url);
  const connection = await RedisConnection.open(redisUrl);
  const queue = await BullmqQueue.open(connection);
  const log = new JobLog(store, new InProcessRelay(), systemClock);
  const breaker = new InProcessBreakers(systemClock).of('scripted', DEFAULT_POLICY);
  const backend = new Backend(createScriptedProvider(instantly), {
    place: 'scripted',
    clock: systemClock,
    policy: DEFAULT_POLICY,
    breaker,
  });
  const pool = new BackendPool([backend]);
  const close = async () => {
    await queue.close();
    await connection.close();
    log.close();
    await store.close();
  };
  return { store, queue, log, pool, close };
}

type Darkroom = Awaited<ReturnType<typeof openDarkroom>>;

/** From one job's end to the next one's beginning, and from there to its start in the log, of so many jobs. */
async function claim({ queue, log }: Darkroom, count: number) {
  const [claimed, started]: [number[], number[]] = [[], []];
  const done = Promise.withResolvers<void>();
  let endedAt = performance.now();
  const consumer = queue.consume({
    names: ['scripted'],
    concurrency: 1,
    accepts: () => claimed.length < count,
    run: async ({ jobId }) => {
      const now = performance.now();
      claimed.push(now - endedAt);
      const { outcome } = await log.append(jobId, 1, { type: 'start', provider: 'scripted' });
      if (outcome !== 'appended') throw new Error(`job ${jobId}: ${outcome}`);
      endedAt = performance.now();
      started.push(endedAt - now);
      if (claimed.length === count) done.resolve();
      return undefined;
    },
  });
  await done.promise;
  await consumer.stop();
  return { claimed: claimed.slice(1), started: started.slice(1) };
}

/** The same with bare BullMQ, by hand, and where somebody stands in a bare sorted set. */
async function measureYardsticks({ redisUrl }: SharedServers, count: number) {
  const connection = await RedisConnection.open(redisUrl);
  const { commands } = connection;
  const options = { connection: commands, prefix: 'yardstick' };
  const queue = new Queue('jobs', options);
  const worker = new Worker('jobs', null, { ...options, autorun: false });
  try {
    for (let first = 0; first < count; first += ADDED_AT_ONCE) {
      const indices = Array.from({ length: ADDED_AT_ONCE }, (_none, index) => first + index);
      await queue.addBulk(
        indices.map((n) => ({ name: 'job', data: n, opts: { priority: n + 1, removeOnComplete: true } })),
      );
      await commands.zadd('yardstick-line', ...indices.flatMap((n) => [n, `job-${n}`]));
    }
    let job = await worker.getNextJob('token', { block: false });
    const claimed = await timeEach(SAMPLES, async () => {
      await job?.moveToCompleted(undefined, 'token', false);
      job = await worker.getNextJob('token', { block: false });
    });
    const places = await timeEach(SAMPLES, () => commands.zrank('yardstick-line', `job-${randomInt(count)}`));
    return { claimed, places };
  } finally {
    await worker.close(true);
    await queue.close();
    await connection.close();
  }
}

/** What a Darkroom takes with so many waiting jobs. */
async function measureDarkroom(shared: SharedServers, count: number) {
  const url = new URL(shared.environment['DATABASE_URL'] ?? '');
  const ids = await fillStore(url, count);
  const darkroom = await openDarkroom(shared, url);
  const { queue } = darkroom;
  const putBack = new PutBack({ ...darkroom, clock: systemClock });
  try {
    const filling = await timeOne(() => putBack.all());
    if ((await queue.size()) !== count) throw new Error('not all are in line');
    const anybody = () => ids[randomInt(ids.length)] ?? '';
    const many = Array.from({ length: 1_000 }, anybody);
    return {
      filling,
      places: await timeEach(SAMPLES, () => queue.places([anybody()])),
      placesOfMany: await timeEach(20, () => queue.places(many)),
      comparing: await timeEach(3, () => putBack.all()),
      looking: await timeEach(20, () => putBack.some()),
      ...(await claim(darkroom, SAMPLES)),
    };
  } finally {
    await darkroom.close();
  }
}

/** A million jobs that wait: what it takes to take one, to tell one where it stands, and to compare the queue with the store. */
export async function millionCase({ quick }: BenchOptions): Promise<Figure[]> {
  const count = quick ? MILLION / 10 : MILLION;
  const shared = await startSharedServers();
  try {
    const ours = await measureDarkroom(shared, count);
    const bare = await measureYardsticks(shared, count);
    const of = `${count.toLocaleString('en')} wait`;
    const spread = (what: string, took: readonly number[], yardstick?: readonly number[]): Figure[] =>
      ([50, 99] as const).map((percent) => ({
        name: `${of}, ${what}: p${percent}`,
        unit: 'ms',
        better: 'lower',
        darkroom: [percentile(took, percent)],
        ...(yardstick !== undefined && { yardstick: [percentile(yardstick, percent)] }),
      }));
    return [
      ...spread('one taken off, the next taken', ours.claimed, bare.claimed),
      ...spread('its start in the log', ours.started),
      ...spread('the place of one', ours.places, bare.places),
      ...spread('the places of 1,000', ours.placesOfMany),
      { name: `${of}, all put in line again`, unit: 's', better: 'lower', darkroom: [ours.filling / 1_000] },
      ...spread('all compared with the store', ours.comparing),
      ...spread('the front and what is new compared', ours.looking),
    ];
  } finally {
    await shared.stop();
  }
}
