import type { ProgressEvent } from '@darkroom/protocol';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { getSnapshot, postJob, startManual } from './testing/api.ts';
import { eventually } from './testing/eventually.ts';
import { skipReason } from './testing/machine.ts';
import { type RedisServer, startRedis } from './testing/redis-server.ts';
import { createSharedDatabase } from './testing/shared-postgres.ts';
import { openSocket } from './testing/socket-reader.ts';
import { openSse } from './testing/sse-reader.ts';
import { startDarkroom } from './testing/test-darkroom.ts';

const skip = skipReason('redis-server') ?? skipReason('postgres');
const USER = 'worker';
/** Entries of Redis' list of what it refused, each as names and values in turn. */
const Refusals = z.array(z.array(z.unknown()));

const countPublishes = (log: unknown) =>
  Refusals.parse(log).reduce((sum, entry) => {
    const get = (name: string) => entry[entry.indexOf(name) + 1];
    return get('object') === 'publish' ? sum + Number(get('count')) : sum;
  }, 0);

const untilEvent = (reader: { readonly events: readonly ProgressEvent[] }, seq: number) =>
  eventually(() => reader.events.some((event) => event.seq === seq));

describe.skipIf(skip !== undefined)(`A notice that is lost on its way${skip ? ` (${skip})` : ''}`, () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.stop());

  /** A Redis user of the worker's own. `mute` makes Redis refuse what it publishes; resolves with what says how often it has. */
  async function createUser() {
    const admin = new Redis(redis.url);
    onTestFinished(() => admin.disconnect());
    const set = (...rules: string[]) => admin.call('ACL', 'SETUSER', USER, ...rules);
    await set('on', '>secret', '~*', '&*', '+@all');
    return {
      url: redis.url.replace('://', `://${USER}:secret@`),
      mute: () => set('-publish'),
      unmute: () => set('+publish'),
      refused: async () => countPublishes(await admin.call('ACL', 'LOG')),
    };
  }

  it('[C8] of an event that is in the store: every watcher at another process has the event all the same', async () => {
    const user = await createUser();
    const DATABASE_URL = (await createSharedDatabase()).href;
    const worker = await startManual({ DATABASE_URL, REDIS_URL: user.url });
    const gateway = await startDarkroom({ DATABASE_URL, REDIS_URL: redis.url, ROLE: 'gateway' });
    onTestFinished(() => gateway.stop());
    const { id } = await postJob(gateway.url);
    const run = await worker.provider.nextRun();
    const socket = await openSocket(gateway.url);
    socket.send({ type: 'subscribe', jobId: id });
    const stream = await openSse(`${gateway.url}/api/jobs/${id}/events`);
    await run.step(1);
    await Promise.all([untilEvent(socket, 3), untilEvent(stream, 3)]);
    const poll = getSnapshot(gateway.url, id, '?after=3&wait=25');

    await user.mute();
    await run.step(2);
    await eventually(async () => (await user.refused()) > 0);
    await user.unmute();

    await Promise.all([untilEvent(socket, 4), untilEvent(stream, 4)]);
    expect((await poll).events).toMatchObject([{ seq: 4, stage: 'running' }]);
    for (const { events } of [socket, stream]) expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(await user.refused()).toBe(1);
  });
});
