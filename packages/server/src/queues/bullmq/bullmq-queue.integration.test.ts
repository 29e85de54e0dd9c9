import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { registerQueueContract } from '../../queue.contract.ts';
import type { QueueEntry } from '../../queue.ts';
import { RedisConnection } from '../../redis-connection.ts';
import { eventually } from '../../testing/eventually.ts';
import { skipReason } from '../../testing/machine.ts';
import { type RedisServer, startRedis } from '../../testing/redis-server.ts';
import { BullmqQueue } from './bullmq-queue.ts';

const skip = skipReason('redis-server');
const entry = (ticket: number, backends: readonly string[] = ['one']): QueueEntry => ({
  jobId: `job-${ticket}`,
  ticket,
  backends,
});

describe.skipIf(skip !== undefined)(`BullmqQueue${skip === undefined ? '' : ` (${skip})`}`, () => {
  let server: RedisServer;
  let tests = 0;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.stop());

  /** The queue of one more process. `die` is its end without a word. */
  async function openQueue(prefix: string, times = { lockMs: 15_000, stalledCheckMs: 5_000 }) {
    const connection = await RedisConnection.open(server.url, { prefix });
    const queue = await BullmqQueue.open(connection, times);
    let isDead = false;
    onTestFinished(async () => {
      // What a dead process had in hand never ends.
      if (!isDead) await queue.close();
      await connection.close();
    });
    const die = () => {
      isDead = true;
      return connection.close();
    };
    return { queue, die };
  }

  /** Ends the lock of a job, as its time would. */
  async function expireLock(prefix: string, jobId: string): Promise<void> {
    const connection = await RedisConnection.open(server.url);
    onTestFinished(() => connection.close());
    const keys = await connection.commands.keys(`${prefix}:*:${jobId}:lock`);
    expect(keys).toHaveLength(1);
    await connection.commands.del(keys);
  }

  /** Two processes: one of them takes the entry and dies. Its lock ends when the test says so. */
  async function outlive(taken: QueueEntry) {
    const prefix = `test-${tests++}`;
    const times = { lockMs: 3_600_000, stalledCheckMs: 100 };
    const dying = await openQueue(prefix, times);
    const living = await openQueue(prefix, times);
    const begun = Promise.withResolvers<void>();
    dying.queue.consume({
      names: taken.backends,
      concurrency: 1,
      run: () => {
        begun.resolve();
        return new Promise(() => {});
      },
    });
    await living.queue.add(taken);
    await begun.promise;
    await dying.die();
    return { queue: living.queue, expireLock: () => expireLock(prefix, taken.jobId) };
  }

  /** Does at once what names one of these backends; returns what it has done so far. */
  function serve(queue: BullmqQueue, names: readonly string[]): readonly QueueEntry[] {
    const served: QueueEntry[] = [];
    queue.consume({
      names,
      concurrency: 1,
      run: async (taken) => {
        served.push(taken);
        return undefined;
      },
    });
    return served;
  }

  registerQueueContract({
    name: 'BullmqQueue',
    create: async () => (await openQueue(`test-${tests++}`)).queue,
  });

  it('jobs of several processes each go to one of them, in order, whatever lane they are in', async () => {
    const prefix = `test-${tests++}`;
    const adding = (await openQueue(prefix)).queue;
    const served: number[] = [];
    const run = async ({ ticket }: QueueEntry) => {
      served.push(ticket);
      return undefined;
    };
    for (let process = 0; process < 3; process++)
      (await openQueue(prefix)).queue.consume({ names: ['one'], concurrency: 2, run });
    await Promise.all(
      Array.from({ length: 200 }, (_none, index) => adding.add(entry(index, index % 3 ? ['one'] : ['one', 'two']))),
    );
    await eventually(() => served.length >= 200);
    expect(new Set(served).size).toBe(200);
    expect(await adding.size()).toBe(0);
  });

  it('an entry that cannot be added fails alone, however many are added at once', async () => {
    const { queue } = await openQueue(`test-${tests++}`);
    const isBad = (ticket: number) => ticket % 7 === 3;
    // BullMQ takes no numbers for ids.
    const entries = Array.from({ length: 150 }, (_none, ticket) =>
      isBad(ticket) ? { ...entry(ticket), jobId: `${ticket}` } : entry(ticket),
    );
    const results = await Promise.allSettled(entries.map((one) => queue.add(one)));
    expect(results.map(({ status }) => status === 'rejected')).toEqual(entries.map(({ ticket }) => isBad(ticket)));
    const added = entries.flatMap(({ jobId, ticket }) => (isBad(ticket) ? [] : [jobId]));
    expect([...(await queue.places()).keys()]).toEqual(added);
  });

  it('what a process that died had is handed out again once its lock is over, and once', async () => {
    const { queue, expireLock } = await outlive(entry(1));
    await queue.add(entry(2));
    const served = serve(queue, ['one']);
    await eventually(() => served.length >= 1);
    expect(served).toEqual([entry(2)]);
    // Not that of the job which the living process may just be ending.
    await expireLock();
    await eventually(() => served.length >= 2);
    expect(served).toEqual([entry(2), entry(1)]);
    expect(await queue.size()).toBe(0);
  });

  it('what a process that died had is handed out again by one that has never taken a job of that lane', async () => {
    const { queue, expireLock } = await outlive(entry(1, ['two']));
    await queue.add(entry(2, ['one']));
    const served = serve(queue, ['one', 'two']);
    await eventually(() => served.length >= 1);
    await expireLock();
    await eventually(() => served.length >= 2);
    expect(served).toEqual([entry(2, ['one']), entry(1, ['two'])]);
  });

  it('tells the place of one job without reading the others', async () => {
    const { queue } = await openQueue(`test-${tests++}`);
    for (let ticket = 1; ticket <= 6; ticket++) await queue.add(entry(ticket, ticket % 2 ? ['one'] : ['two']));
    expect(await queue.places(['job-5', 'job-2', 'nobody'])).toEqual(
      new Map([
        ['job-5', 5],
        ['job-2', 2],
      ]),
    );
  });

  it('goes on without Redis, and says that everything is lost when it comes back empty', async () => {
    const { queue } = await openQueue(`test-${tests++}`);
    await queue.add(entry(1));
    let lost = 0;
    queue.onLost(() => {
      lost++;
    });
    await server.kill();
    await expect(queue.check()).rejects.toThrow('Redis');
    await queue.add(entry(2));
    await queue.remove('job-1');
    expect(await queue.places()).toEqual(new Map());
    await server.start();
    await eventually(() => lost > 0);
    expect(await queue.size()).toBe(0);
    const served = serve(queue, ['one']);
    for (const ticket of [2, 1]) await queue.add(entry(ticket));
    await eventually(() => served.length === 2);
    expect(new Set(served.map(({ jobId }) => jobId))).toEqual(new Set(['job-1', 'job-2']));
  });

  it('says that everything is lost when Redis is emptied while it runs', async () => {
    const { queue } = await openQueue(`test-${tests++}`, { lockMs: 300, stalledCheckMs: 100 });
    let lost = 0;
    queue.onLost(() => {
      lost++;
    });
    const other = await RedisConnection.open(server.url);
    onTestFinished(() => other.close());
    await other.commands.flushall();
    await eventually(() => lost > 0);
    expect(lost).toBe(1);
  });
});
