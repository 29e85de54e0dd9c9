import { Queue, Worker } from 'bullmq';
import { BullmqQueue } from '../../../packages/server/src/queues/bullmq/bullmq-queue.ts';
import { RedisConnection } from '../../../packages/server/src/redis-connection.ts';
import { startRedis } from '../../../packages/server/src/testing/redis-server.ts';
import type { BenchOptions } from '../bench-options.ts';
import { type Figure, interleave } from '../figures.ts';

const ADDED_AT_ONCE = 100;
const CONCURRENCY = 10;

interface Contender {
  add(index: number): Promise<unknown>;
  /** Takes jobs until `count` are done; resolves then. */
  consume(count: number): Promise<void>;
}

/** Jobs a second, added and then consumed. */
async function drain({ add, consume }: Contender, count: number): Promise<number> {
  const begin = performance.now();
  for (let first = 0; first < count; first += ADDED_AT_ONCE)
    await Promise.all(
      Array.from({ length: Math.min(ADDED_AT_ONCE, count - first) }, (_none, index) => add(first + index)),
    );
  await consume(count);
  return (count * 1_000) / (performance.now() - begin);
}

async function ours(url: string, prefix: string, count: number): Promise<number> {
  const connection = await RedisConnection.open(url, { prefix });
  const queue = await BullmqQueue.open(connection);
  const rate = await drain(
    {
      add: (index) => queue.add({ jobId: `job-${index}`, ticket: index, backends: ['one'] }),
      consume: (all) =>
        new Promise((resolve) => {
          let done = 0;
          const run = async () => {
            if (++done === all) resolve();
            return undefined;
          };
          queue.consume({ names: ['one'], concurrency: CONCURRENCY, run });
        }),
    },
    count,
  );
  await queue.close();
  await connection.close();
  return rate;
}

/** BullMQ as its guide shows it: priorities for the order, its own loop. */
async function bare(url: string, prefix: string, count: number): Promise<number> {
  const connection = await RedisConnection.open(url);
  const options = { connection: connection.commands, prefix };
  const queue = new Queue('jobs', options);
  let worker: Worker | undefined;
  const rate = await drain(
    {
      add: (index) => queue.add('job', index, { jobId: `job-${index}`, priority: index + 1, removeOnComplete: true }),
      consume: (all) =>
        new Promise((resolve) => {
          let done = 0;
          const run = async () => {
            if (++done === all) resolve();
          };
          worker = new Worker('jobs', run, { ...options, concurrency: CONCURRENCY });
        }),
    },
    count,
  );
  await worker?.close();
  await queue.close();
  await connection.close();
  return rate;
}

/** Jobs through the queue on Redis, added and consumed; beside bare BullMQ with the same options. */
export async function queueCase({ rounds, quick }: BenchOptions): Promise<Figure[]> {
  const redis = await startRedis();
  const count = quick ? 1_000 : 5_000;
  let games = 0;
  try {
    const played = await interleave(
      rounds,
      () => ours(redis.url, `ours-${games++}`, count),
      () => bare(redis.url, `bare-${games++}`, count),
    );
    return [{ name: 'queue on Redis, added and consumed', unit: '/s', better: 'higher', ...played }];
  } finally {
    await redis.stop();
  }
}
