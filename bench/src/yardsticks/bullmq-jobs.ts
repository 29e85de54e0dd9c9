/** Yardstick: bare BullMQ, a job that is added and done at once. */
import { Queue, Worker } from 'bullmq';
import { RedisConnection } from '../../../packages/server/src/redis-connection.ts';
import { vitals } from '../drive.ts';
import { serve } from '../remote.ts';

const MAKERS = 16;
const CONCURRENCY = 64;
let games = 0;

const methods = {
  ...vitals,
  /** Jobs a second from the first that is added to the last that is done; made by several at once, taken meanwhile. */
  measure: async ({ redisUrl, jobs }: { redisUrl: string; jobs: number }) => {
    const connection = await RedisConnection.open(redisUrl);
    const options = { connection: connection.commands, prefix: `yardstick-${games++}` };
    const queue = new Queue('jobs', options);
    const allDone = Promise.withResolvers<void>();
    let done = 0;
    const run = async () => {
      if (++done === jobs) allDone.resolve();
    };
    const worker = new Worker('jobs', run, { ...options, concurrency: CONCURRENCY });
    await worker.waitUntilReady();
    const startedAt = performance.now();
    let added = 0;
    const maker = async () => {
      while (added++ < jobs) await queue.add('job', { prompt: `a picture of the number ${added}` });
    };
    await Promise.all(Array.from({ length: MAKERS }, maker));
    await allDone.promise;
    const perSecond = (jobs * 1_000) / (performance.now() - startedAt);
    await worker.close();
    await queue.close();
    await connection.close();
    return perSecond;
  },
};
export type BullmqJobs = typeof methods;

serve(methods);
