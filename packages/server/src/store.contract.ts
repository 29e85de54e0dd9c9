import type { Job } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { isStorageError } from './storage-error.ts';
import type { Store } from './store.ts';
import { createRandom } from './testing/random.ts';
import { change, firstEvent, recordOf, sampleJob } from './testing/sample-job.ts';

const START = { type: 'start', provider: 'sketch' } as const;
const NOON = Date.parse('2026-01-01T12:00:00.000Z');

export interface StoreContract {
  readonly name: string;
  /** An empty store; it goes away with the test. */
  readonly create: () => Promise<Store>;
}

async function addJob(store: Store, fields: Parameters<typeof sampleJob>[0] = {}, at = NOON) {
  const job = sampleJob(fields, at);
  const result = await store.createJob(job, 'epoch-1', firstEvent(job));
  expect(result.outcome).toBe('created');
  return recordOf(result);
}

/** A job of eleven events. */
async function addLongJob(store: Store): Promise<Job> {
  const { job } = await addJob(store);
  let tip = job;
  for (const next of [START, ...Array.from({ length: 9 }, () => ({ type: 'progress', percent: 1 }) as const)]) {
    const write = change(tip, next);
    await store.append({ ...write, newTicket: false });
    tip = write.job;
  }
  return job;
}

/** What every store promises (`store.ts`). Run by each adapter on its real backend. */
export function registerStoreContract({ name, create }: StoreContract): void {
  describe(`${name} keeps the store's contract`, () => {
    describe('createJob', () => {
      it('[J5] keeps the job, its epoch, and its first event', async () => {
        const store = await create();
        const job = sampleJob({ prompt: 'çok güzel bir kedi 🐈 "quoted" \n line' });
        const record = recordOf(await store.createJob(job, 'epoch-1', firstEvent(job)));
        expect(record).toMatchObject({ job, epoch: 'epoch-1' });
        expect(await store.readJob(job.id)).toEqual(record);
        expect(await store.readEvents(job.id, 0, 10)).toEqual([firstEvent(job)]);
      });

      it('gives tickets in the order of arrival', async () => {
        const store = await create();
        const records = [];
        for (let index = 0; index < 5; index++) records.push(await addJob(store));
        const together = await Promise.all(Array.from({ length: 5 }, () => addJob(store)));
        const tickets = [...records, ...together].map(({ ticket }) => ticket);
        expect(tickets).toEqual([...new Set(tickets)].sort((a, b) => a - b));
      });

      it('[R1] finds the first job again under its key, and says whether the request is the same', async () => {
        const store = await create();
        const first = sampleJob();
        const again = sampleJob();
        const key = { key: 'k1', digest: 'd1' };
        const made = await store.createJob(first, 'e1', firstEvent(first), { idempotency: key });
        expect(made.outcome).toBe('created');
        expect(await store.createJob(again, 'e2', firstEvent(again), { idempotency: key })).toEqual({
          outcome: 'exists',
          record: recordOf(made),
          sameRequest: true,
        });
        expect(
          await store.createJob(again, 'e2', firstEvent(again), { idempotency: { key: 'k1', digest: 'd2' } }),
        ).toMatchObject({
          outcome: 'exists',
          sameRequest: false,
        });
        expect(await store.readJob(again.id)).toBeUndefined();
        expect(await store.findCreated(key)).toMatchObject({
          outcome: 'exists',
          record: recordOf(made),
          sameRequest: true,
        });
        expect(await store.findCreated({ key: 'k1', digest: 'd2' })).toMatchObject({ sameRequest: false });
        expect(await store.findCreated({ key: 'k2', digest: 'd1' })).toBeUndefined();
      });

      it('[R1] [R9] a key is its owner’s: the same key of somebody else makes another job', async () => {
        const store = await create();
        const make = (owner: string | undefined, digest = 'd') => {
          const job = sampleJob();
          const origin = { owner: owner ?? 'new', idempotency: { key: 'k', digest, owner } };
          return store.createJob(job, 'e', firstEvent(job), origin);
        };
        const [ada, bob, nobody] = [await make('ada'), await make('bob', 'other'), await make(undefined)];
        expect([ada, bob, nobody].map(({ outcome }) => outcome)).toEqual(['created', 'created', 'created']);
        for (const [owner, made] of [
          ['ada', ada],
          ['bob', bob],
          [undefined, nobody],
        ] as const) {
          const digest = owner === 'bob' ? 'other' : 'd';
          expect(await make(owner, digest)).toEqual({ outcome: 'exists', record: recordOf(made), sameRequest: true });
        }
        expect(await make('bob')).toMatchObject({ outcome: 'exists', sameRequest: false });
        expect((await store.listJobs(10)).jobs).toHaveLength(3);
      });

      it('[R1] [R9] no key of a request without an identity is equal to an owner’s, whatever it looks like', async () => {
        const store = await create();
        const user = `user:${'D'.repeat(43)}`;
        const make = (key: string, owner: string | undefined) => {
          const job = sampleJob();
          return store.createJob(job, 'e', firstEvent(job), {
            owner: owner ?? 'new',
            idempotency: { key, digest: 'd', owner },
          });
        };
        const owned = recordOf(await make('k', user));
        const keys = [`${user} k`, ` ${user} k`, `${user}  k`, ' k', 'k', `undefined k`, `${user} k `];
        const made = await Promise.all(keys.map((key) => make(key, undefined)));
        expect(made.map(({ outcome }) => outcome)).toEqual(keys.map(() => 'created'));
        const spaced = await Promise.all([' k', `${user} k`, 'k '].map((key) => make(key, user)));
        expect(spaced.map(({ outcome }) => outcome)).toEqual(['created', 'created', 'created']);
        expect(recordOf(await make('k', user)).job.id).toBe(owned.job.id);
        for (const [index, key] of keys.entries())
          expect(recordOf(await make(key, undefined))).toEqual(recordOf(made[index] ?? (await make(key, user))));
      });

      it('[R1] [R9] who got an identity with the first request is recognised by it when that is repeated', async () => {
        const store = await create();
        const [first, again, other] = [sampleJob(), sampleJob(), sampleJob()];
        const key = { key: 'k', digest: 'd' };
        const made = await store.createJob(first, 'e', firstEvent(first), { owner: 'ada', idempotency: key });
        const known = { outcome: 'exists', record: recordOf(made), sameRequest: true };
        const asAda = { ...key, owner: 'ada' };
        expect(await store.findCreated(asAda)).toEqual(known);
        expect(await store.createJob(again, 'e', firstEvent(again), { owner: 'ada', idempotency: asAda })).toEqual(
          known,
        );
        const asBob = { ...key, owner: 'bob' };
        expect(await store.findCreated(asBob)).toBeUndefined();
        const theirs = await store.createJob(other, 'e', firstEvent(other), { owner: 'bob', idempotency: asBob });
        expect(theirs.outcome).toBe('created');
      });

      it('[R1] two requests with one key in the same turn make one job', async () => {
        const store = await create();
        const jobs = Array.from({ length: 8 }, () => sampleJob());
        const results = await Promise.all(
          jobs.map((job) => store.createJob(job, 'e', firstEvent(job), { idempotency: { key: 'k', digest: 'd' } })),
        );
        expect(results.filter(({ outcome }) => outcome === 'created')).toHaveLength(1);
        expect(new Set(results.map((result) => recordOf(result).job.id)).size).toBe(1);
        expect((await store.listJobs(10)).jobs).toHaveLength(1);
      });

      it('[R1] finds the job under its key as it is now, not as it was', async () => {
        const store = await create();
        const job = sampleJob();
        const key = { key: 'k', digest: 'd' };
        await store.createJob(job, 'e', firstEvent(job), { idempotency: key });
        const started = change(job, START);
        await store.append({ ...started, newTicket: false });
        const again = await store.createJob(sampleJob(), 'e', firstEvent(sampleJob()), { idempotency: key });
        expect(recordOf(again).job).toEqual(started.job);
      });
    });

    describe('append', () => {
      it('[E1] adds the event and replaces the job', async () => {
        const store = await create();
        const { job, epoch, ticket } = await addJob(store);
        const started = change(job, START);
        expect(await store.append({ ...started, newTicket: false })).toEqual({ job: started.job, epoch, ticket });
        expect(await store.readJob(job.id)).toEqual({ job: started.job, epoch, ticket });
        expect(await store.readEvents(job.id, 0, 10)).toEqual([firstEvent(job), started.event]);
      });

      it('is fenced: who writes at a number that is taken changes nothing', async () => {
        const store = await create();
        const { job } = await addJob(store);
        const started = change(job, START);
        const cancelled = change(job, { type: 'cancel' });
        const [first, second] = await Promise.all([
          store.append({ ...cancelled, newTicket: false }),
          store.append({ ...started, newTicket: true }),
        ]);
        expect(first?.job.status).toBe('cancelled');
        expect(second).toBeUndefined();
        expect((await store.readJob(job.id))?.job).toEqual(cancelled.job);
        expect(await store.readEvents(job.id, 1, 10)).toEqual([cancelled.event]);
      });

      it('is fenced: who skips a number changes nothing', async () => {
        const store = await create();
        const { job } = await addJob(store);
        const second = change(change(job, START).job, { type: 'progress', percent: 5 });
        expect(await store.append({ ...second, newTicket: false })).toBeUndefined();
        expect(await store.readEvents(job.id, 0, 10)).toEqual([firstEvent(job)]);
      });

      it('answers undefined for a job that is gone', async () => {
        const store = await create();
        expect(await store.append({ ...change(sampleJob(), START), newTicket: false })).toBeUndefined();
      });

      it('is fenced: what builds on an event that was not written is not written either', async () => {
        const store = await create();
        const { job } = await addJob(store);
        const started = change(job, START);
        const progressed = change(started.job, { type: 'progress', percent: 5 });
        const cancelled = change(job, { type: 'cancel' });
        await store.append({ ...cancelled, newTicket: false });
        const late = [started, progressed].map((write) => store.append({ ...write, newTicket: false }));
        expect(await Promise.all(late)).toEqual([undefined, undefined]);
        expect((await store.readJob(job.id))?.job).toEqual(cancelled.job);
        expect(await store.readEvents(job.id, 0, 10)).toEqual([firstEvent(job), cancelled.event]);
      });

      it('takes several events of one job in one turn, in order', async () => {
        const store = await create();
        const { job } = await addJob(store);
        const writes = [change(job, START)];
        for (let step = 1; step <= 20; step++) {
          const last = writes.at(-1)?.job ?? job;
          writes.push(change(last, { type: 'progress', percent: step, step, steps: 20 }));
        }
        const records = await Promise.all(writes.map((write) => store.append({ ...write, newTicket: false })));
        expect(records.map((record) => record?.job.lastEventSeq)).toEqual(writes.map(({ event }) => event.seq));
        expect(await store.readEvents(job.id, 1, 100)).toEqual(writes.map(({ event }) => event));
      });

      it('gives a new ticket, behind all others, only when asked for one', async () => {
        const store = await create();
        const first = await addJob(store);
        const second = await addJob(store);
        const kept = await store.append({ ...change(first.job, START), newTicket: false });
        expect(kept?.ticket).toBe(first.ticket);
        const renewed = await store.append({
          ...change(change(first.job, START).job, { type: 'release' }),
          newTicket: true,
        });
        expect(renewed?.ticket).toBeGreaterThan(second.ticket);
        expect((await addJob(store)).ticket).toBeGreaterThan(renewed?.ticket ?? Number.POSITIVE_INFINITY);
      });

      it('is all or nothing for each caller when a write of the same turn cannot be done', async () => {
        const store = await create();
        const { job } = await addJob(store);
        const started = change(job, START);
        const [append, duplicate] = await Promise.allSettled([
          store.append({ ...started, newTicket: false }),
          store.createJob(job, 'again', firstEvent(job)),
        ]);
        if (duplicate.status !== 'rejected') throw new Error('an id was used twice');
        expect(isStorageError(duplicate.reason)).toBe(true);
        expect(append).toMatchObject({ status: 'fulfilled', value: { job: started.job } });
        expect(await store.readEvents(job.id, 0, 10)).toHaveLength(2);
        const cancelled = change(started.job, { type: 'cancel' });
        expect(await store.append({ ...cancelled, newTicket: false })).toBeDefined();
      });

      it('leaves nothing of a write that failed in its middle', async () => {
        const store = await create();
        const [job, other] = [(await addJob(store)).job, (await addJob(store)).job];
        const others = change(other, START);
        await store.append({ ...others, newTicket: false });
        const started = change(job, START);
        // The job's row can be changed; its event's number is taken.
        const bad = { ...started, event: { ...started.event, jobId: other.id } };
        const next = change(started.job, { type: 'progress', percent: 5 });
        const [failed, built] = await Promise.allSettled([
          store.append({ ...bad, newTicket: true }),
          store.append({ ...next, newTicket: false }),
        ]);
        expect(failed).toMatchObject({ status: 'rejected', reason: expect.toSatisfy(isStorageError) });
        expect(built).toEqual({ status: 'fulfilled', value: undefined });
        expect((await store.readJob(job.id))?.job).toEqual(job);
        expect(await store.readEvents(job.id, 0, 10)).toEqual([firstEvent(job)]);
        expect(await store.readEvents(other.id, 1, 10)).toEqual([others.event]);
      });
    });

    describe('many writes at once', () => {
      it.each([1, 7, 25])('%i of 50 cannot be written: exactly these fail', async (count) => {
        const store = await create();
        const taken = await addJob(store);
        const isBad = (index: number) => (index * 31) % 50 < count;
        const jobs = Array.from({ length: 50 }, (_none, index) => sampleJob(isBad(index) ? { id: taken.job.id } : {}));
        const results = await Promise.allSettled(jobs.map((job) => store.createJob(job, 'e', firstEvent(job))));
        expect(results.map(({ status }) => status === 'rejected')).toEqual(jobs.map((_job, index) => isBad(index)));
        const made = results.flatMap((result) => (result.status === 'fulfilled' ? [recordOf(result.value)] : []));
        for (const record of made) {
          expect(await store.readJob(record.job.id)).toEqual(record);
          expect(await store.readEvents(record.job.id, 0, 10)).toEqual([firstEvent(record.job)]);
        }
        const tickets = made.map(({ ticket }) => ticket);
        expect(tickets).toEqual([...new Set(tickets)].sort((a, b) => a - b));
        expect(await store.readJob(taken.job.id)).toEqual(taken);
        expect((await store.listJobs(100)).jobs).toHaveLength(51 - count);
        const later = await addJob(store);
        expect(later.ticket).toBeGreaterThan(Math.max(...tickets));
      });

      it('one that fails leaves those of the same job and the same conversation their order', async () => {
        const store = await create();
        const jobs = await Promise.all(Array.from({ length: 6 }, async () => (await addJob(store)).job));
        const at = new Date(NOON).toISOString();
        const conversation = { id: 'c', title: '', createdAt: at, updatedAt: at };
        const writes = jobs.flatMap((job, index) => {
          const started = change(job, START);
          const progressed = change(started.job, { type: 'progress', percent: 5 });
          const appends = [started, progressed].map((write) => () => store.append({ ...write, newTicket: false }));
          return index === 3 ? [...appends, () => store.createJob(job, 'again', firstEvent(job))] : appends;
        });
        const talk = [
          () => store.conversations.create(conversation, 'owner'),
          () => store.conversations.create(conversation, 'owner'),
          ...['one', 'two'].map((title) => () => store.conversations.rename('c', 'owner', title, at)),
        ];
        const results = await Promise.allSettled([...writes, ...talk].map((write) => write()));
        const failed = results.flatMap(({ status }, index) => (status === 'rejected' ? [index] : []));
        expect(failed).toEqual([8, 14]);
        for (const { id } of jobs)
          expect((await store.readJob(id))?.job).toMatchObject({ lastEventSeq: 3, percent: 5 });
        expect((await store.conversations.read('c', 'owner'))?.title).toBe('two');
      });
    });

    describe('readHeads', () => {
      it('answers how far the logs are, of those asked for and there', async () => {
        const store = await create();
        const [first, second] = [await addJob(store), await addJob(store)];
        await addJob(store);
        await store.append({ ...change(first.job, START), newTicket: false });
        const asked = [first.job.id, 'unknown', second.job.id];
        expect(await store.readHeads(asked)).toEqual(
          new Map([
            [first.job.id, 2],
            [second.job.id, 1],
          ]),
        );
        expect(await store.readHeads([])).toEqual(new Map());
      });
    });

    describe('readEvents', () => {
      it('[H1] answers at most so many after a number, in order, of this job only', async () => {
        const store = await create();
        const job = await addLongJob(store);
        await addJob(store);
        const seqs = async (after: number, limit: number) =>
          (await store.readEvents(job.id, after, limit)).map(({ seq }) => seq);
        expect(await seqs(0, 3)).toEqual([1, 2, 3]);
        expect(await seqs(8, 100)).toEqual([9, 10, 11]);
        expect(await seqs(11, 10)).toEqual([]);
        expect(await store.readEvents('unknown', 0, 10)).toEqual([]);
      });
    });

    describe('readTail', () => {
      it('answers the job and its newest events after a number, at most so many, in order', async () => {
        const store = await create();
        const job = await addLongJob(store);
        await addJob(store);
        const record = await store.readJob(job.id);
        const seqs = async (after: number, limit: number) => {
          const tail = await store.readTail(job.id, after, limit);
          expect(tail?.record).toEqual(record);
          return tail?.events.map(({ seq }) => seq);
        };
        expect(await seqs(0, 3)).toEqual([9, 10, 11]);
        expect(await seqs(9, 100)).toEqual([10, 11]);
        expect(await seqs(11, 10)).toEqual([]);
        expect((await store.readTail(job.id, 0, 100))?.events).toEqual(await store.readEvents(job.id, 0, 100));
        expect(await store.readTail('unknown', 0, 10)).toBeUndefined();
      });

      it('is of one moment, whatever is written meanwhile', async () => {
        const store = await create();
        const { job } = await addJob(store);
        let tip = job;
        const writes = [START, ...Array.from({ length: 50 }, () => ({ type: 'progress', percent: 1 }) as const)].map(
          (next) => {
            const write = change(tip, next);
            tip = write.job;
            return write;
          },
        );
        const read = async () => {
          const tail = await store.readTail(job.id, 0, 100);
          expect(tail?.events.at(-1)?.seq).toBe(tail?.record.job.lastEventSeq);
          expect(tail?.events).toHaveLength(tail?.record.job.lastEventSeq ?? 0);
        };
        const reads: Promise<void>[] = [];
        for (const write of writes) {
          reads.push(read());
          await store.append({ ...write, newTicket: false });
        }
        await Promise.all(reads);
      });
    });

    describe('listJobs', () => {
      it('[R3] pages through all jobs newest first, once each, though many are of the same moment', async () => {
        const store = await create();
        const random = createRandom(1);
        const times = Array.from({ length: 25 }, () => NOON + 1_000 * random.below(4));
        const records = await Promise.all(times.map((at) => addJob(store, {}, at)));
        for (const limit of [1, 4, 25, 100]) {
          const seen = [];
          let cursor: string | undefined;
          do {
            const page = await store.listJobs(limit, cursor);
            expect(page.jobs.length).toBeLessThanOrEqual(limit);
            seen.push(...page.jobs);
            cursor = page.nextCursor;
          } while (cursor !== undefined && seen.length <= records.length);
          expect(seen.map(({ createdAt }) => createdAt)).toEqual(
            records.map(({ job }) => job.createdAt).sort((a, b) => b.localeCompare(a)),
          );
          expect(new Set(seen.map(({ id }) => id)).size).toBe(records.length);
        }
      });

      it('[R3] a page is not moved by jobs that come meanwhile', async () => {
        const store = await create();
        for (let index = 0; index < 4; index++) await addJob(store, { prompt: `old ${index}` }, NOON + index);
        const first = await store.listJobs(2);
        await addJob(store, { prompt: 'new' }, NOON + 100);
        const second = await store.listJobs(2, first.nextCursor);
        expect([...first.jobs, ...second.jobs].map(({ prompt }) => prompt)).toEqual([
          'old 3',
          'old 2',
          'old 1',
          'old 0',
        ]);
      });

      it('[R3] has no next page when the last one is full, and none when there is nothing', async () => {
        const store = await create();
        expect(await store.listJobs(5)).toEqual({ jobs: [], nextCursor: undefined });
        await addJob(store);
        expect((await store.listJobs(1)).nextCursor).toBeUndefined();
      });

      it('[R3] shows jobs as they are now', async () => {
        const store = await create();
        const { job } = await addJob(store);
        const started = change(job, START);
        await store.append({ ...started, newTicket: false });
        expect((await store.listJobs(1)).jobs).toEqual([started.job]);
      });

      it.each([
        'nonsense',
        '',
        '!!',
        Buffer.from('1.').toString('base64url'),
        Buffer.from('x.y').toString('base64url'),
      ])('[R3] refuses the cursor %j with a RangeError', async (cursor) => {
        const store = await create();
        await expect(store.listJobs(5, cursor)).rejects.toThrow(RangeError);
      });
    });

    describe('listWaiting and readJobs', () => {
      it('[J3] goes through all queued jobs in order of ticket, in parts', async () => {
        const store = await create();
        const statuses = ['queued', 'running', 'uploading', 'completed', 'failed', 'cancelled'] as const;
        const records = [];
        for (const status of [...statuses, ...statuses, ...statuses]) records.push(await addJob(store, { status }));
        const queued = records.filter(({ job }) => job.status === 'queued');
        const listed = [];
        for (let after = 0; ; after = listed.at(-1)?.ticket ?? after) {
          const part = await store.listWaiting(after, 2);
          listed.push(...part);
          if (part.length < 2) break;
        }
        expect(listed).toEqual(queued.map(({ job, ticket }) => ({ jobId: job.id, ticket })));
        const ids = [...listed.map(({ jobId }) => jobId), 'nobody'];
        const read = await store.readJobs(ids);
        expect(read.toSorted((a, b) => a.ticket - b.ticket)).toEqual(queued);
        expect(await store.readJobs([])).toEqual([]);
      });

      it('puts a retried job behind those that waited before', async () => {
        const store = await create();
        const first = await addJob(store, { status: 'running' });
        const second = await addJob(store);
        await store.append({ ...change(first.job, { type: 'release' }), newTicket: true });
        const waiting = await store.listWaiting(0, 10);
        expect(waiting.map(({ jobId }) => jobId)).toEqual([second.job.id, first.job.id]);
      });
    });

    describe('listIdle', () => {
      it('[C11] lists jobs under way that were last updated before, those idle longest first, at most so many', async () => {
        const store = await create();
        const idle = [
          await addJob(store, { status: 'running' }, NOON + 1),
          await addJob(store, { status: 'uploading' }, NOON),
        ];
        for (const status of ['queued', 'completed', 'failed', 'cancelled'] as const)
          await addJob(store, { status }, NOON);
        await addJob(store, { status: 'running' }, NOON + 5_000);
        idle.reverse();
        expect(await store.listIdle(NOON + 5_000, 10)).toEqual(idle);
        expect(await store.listIdle(NOON + 5_000, 1)).toEqual(idle.slice(0, 1));
        expect(await store.listIdle(NOON, 10)).toEqual([]);
      });
    });

    describe('listExpired and deleteJob', () => {
      it('lists ended jobs that were last updated before, oldest first, at most so many', async () => {
        const store = await create();
        const old = [];
        for (const [index, status] of (['completed', 'failed', 'cancelled'] as const).entries())
          old.push(await addJob(store, { status }, NOON + index));
        for (const status of ['queued', 'running', 'uploading'] as const) await addJob(store, { status }, NOON);
        await addJob(store, { status: 'completed' }, NOON + 5_000);
        const ids = old.map(({ job }) => job.id);
        expect(await store.listExpired(NOON + 5_000, 10)).toEqual(ids);
        expect(await store.listExpired(NOON + 5_000, 2)).toEqual(ids.slice(0, 2));
        expect(await store.listExpired(NOON, 10)).toEqual([]);
      });

      it('removes the job, its log and its key, and nobody else’s; twice is no error', async () => {
        const store = await create();
        const other = await addJob(store);
        const job = sampleJob();
        const key = { key: 'k', digest: 'd' };
        await store.createJob(job, 'e', firstEvent(job), { idempotency: key });
        await store.deleteJob(job.id);
        await store.deleteJob(job.id);
        expect(await store.readJob(job.id)).toBeUndefined();
        expect(await store.readEvents(job.id, 0, 10)).toEqual([]);
        expect(await store.readJob(other.job.id)).toEqual(other);
        const again = sampleJob();
        expect((await store.createJob(again, 'e', firstEvent(again), { idempotency: key })).outcome).toBe('created');
      });
    });

    describe('check and close', () => {
      it('says that it can be written to', async () => {
        const store = await create();
        await expect(store.check()).resolves.toBeUndefined();
      });

      it('finishes the writes of this turn before it closes, and refuses later ones', async () => {
        const store = await create();
        const job = sampleJob();
        const written = store.createJob(job, 'e', firstEvent(job));
        await store.close();
        await store.close();
        expect((await written).outcome).toBe('created');
        await expect(store.createJob(sampleJob(), 'e', firstEvent(job))).rejects.toSatisfy(isStorageError);
      });
    });
  });
}
