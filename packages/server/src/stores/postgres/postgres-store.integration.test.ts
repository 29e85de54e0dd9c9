import { randomBytes } from 'node:crypto';
import { createConnection, createServer } from 'node:net';
import type { Job } from '@darkroom/protocol';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { registerConversationStoreContract } from '../../conversation-store.contract.ts';
import { isStorageError } from '../../storage-error.ts';
import { registerStoreContract } from '../../store.contract.ts';
import type { JobOrigin } from '../../store.ts';
import { eventually } from '../../testing/eventually.ts';
import { skipReason } from '../../testing/machine.ts';
import { startPostgres } from '../../testing/postgres-server.ts';
import { change, firstEvent, recordOf, sampleJob } from '../../testing/sample-job.ts';
import { createSharedDatabase } from '../../testing/shared-postgres.ts';
import { registerWorkerStoreContract } from '../../worker-store.contract.ts';
import { PostgresStore } from './postgres-store.ts';

const START = { type: 'start', provider: 'sketch' } as const;

async function openStore(url: URL): Promise<PostgresStore> {
  const store = await PostgresStore.open(url);
  onTestFinished(() => store.close());
  return store;
}

/** Some processes on one database. */
async function openStores(count: number): Promise<PostgresStore[]> {
  const url = await createSharedDatabase();
  return Promise.all(Array.from({ length: count }, () => openStore(url)));
}

/** A connection of the test's own. */
async function connect(url: URL): Promise<Client> {
  const client = new Client({ connectionString: url.href });
  client.on('error', () => {});
  await client.connect();
  onTestFinished(() => client.end().catch(() => {}));
  return client;
}

/** Deletes every row but the migrations', whatever refers to it. */
const DELETE_ROWS = `
  do $$ declare name text; begin
    set local session_replication_role = replica;
    for name in select tablename from pg_tables where schemaname = 'public' and tablename not like 'kysely%' loop
      execute format('delete from %I', name);
    end loop;
  end $$`;

const reason = skipReason('postgres');

describe.skipIf(reason !== undefined)(reason ?? 'PostgresStore', () => {
  let database: URL;
  let janitor: Client;
  beforeAll(async () => {
    database = await createSharedDatabase();
    await (await PostgresStore.open(database)).close();
    janitor = new Client({ connectionString: database.href });
    await janitor.connect();
  });
  afterAll(() => janitor?.end());

  /** One database for most tests, one after the other: to delete its rows takes a fraction of the CPU time of new tables. */
  const create = async () => {
    await janitor.query(DELETE_ROWS);
    return openStore(database);
  };
  registerStoreContract({ name: 'PostgresStore', create });
  registerConversationStoreContract({ name: 'PostgresStore', create });
  registerWorkerStoreContract({ name: 'PostgresStore', create });

  describe('opening', () => {
    it('many processes that start at once on an empty database make its tables once', async () => {
      const stores = await openStores(6);
      const job = sampleJob();
      await stores[0]?.createJob(job, 'e', firstEvent(job));
      for (const store of stores) expect((await store.readJob(job.id))?.job).toEqual(job);
    });

    it.each([
      ['a server that is not there', (url: URL) => Object.assign(url, { port: '1' }), 'no server answers there'],
      ['a database that is not there', (url: URL) => Object.assign(url, { pathname: '/other' }), 'does not exist'],
    ])('%s is told with its address and without the password', async (_what, spoil, words) => {
      const opening = PostgresStore.open(spoil(await createSharedDatabase()));
      await expect(opening).rejects.toSatisfy(isStorageError);
      await expect(opening).rejects.toThrow(/^cannot open the database postgres:\/\/darkroom@127\.0\.0\.1:\d+\/\w+: /);
      await expect(opening).rejects.toThrow(words);
      await expect(opening).rejects.not.toThrow('hunter2');
    });
  });

  describe('shared by several processes', () => {
    it('[R1] one key, many processes, one job', async () => {
      const stores = await openStores(4);
      const asked = Array.from({ length: 24 }, (_none, index) => ({ job: sampleJob(), store: stores[index % 4] }));
      const idempotency = { key: 'k', digest: 'd' };
      const results = await Promise.all(
        asked.map(({ job, store }) => store?.createJob(job, 'e', firstEvent(job), { idempotency })),
      );
      const made = results.map((result) => result && recordOf(result).job.id);
      expect(results.filter((result) => result?.outcome === 'created')).toHaveLength(1);
      expect(new Set(made).size).toBe(1);
      expect((await stores[0]?.listJobs(100))?.jobs).toHaveLength(1);
    });

    it('[M3] one key, many processes, one turn of a conversation', async () => {
      const stores = await openStores(4);
      const at = new Date().toISOString();
      const conversation = { id: 'c', title: '', createdAt: at, updatedAt: at };
      await stores[0]?.conversations.create(conversation, 'owner');
      const turn = {
        conversationId: 'c',
        owner: 'owner',
        at,
        title: 'hi',
        messages: [{ role: 'user', content: 'hi', metadata: { type: 'text' } }],
        idempotency: { key: 'k', digest: 'd' },
      } as const;
      const results = await Promise.all([...stores, ...stores].map((store) => store.conversations.addTurn(turn)));
      expect(results.filter(({ outcome }) => outcome === 'created')).toHaveLength(1);
      expect((await stores[1]?.conversations.readMessages('c', 10))?.messages).toHaveLength(1);
    });

    it('is fenced: of those who write one number at the same time, one does, and the log has no gap and no double', async () => {
      const stores = await openStores(4);
      const [first] = stores;
      const jobs = Array.from({ length: 20 }, () => sampleJob());
      await Promise.all(jobs.map((job) => first?.createJob(job, 'e', firstEvent(job))));
      for (const job of jobs) {
        const writes = stores.map((store, index) => {
          const at = Date.parse(job.updatedAt) + index;
          return store.append({ ...change(job, START, at), newTicket: index % 2 === 0 });
        });
        const written = (await Promise.all(writes)).filter((record) => record !== undefined);
        expect(written).toHaveLength(1);
        expect(await first?.readJob(job.id)).toEqual(written[0]);
        expect((await first?.readEvents(job.id, 0, 10))?.map(({ seq }) => seq)).toEqual([1, 2]);
      }
    });

    it('is fenced: a job that one process cancelled does not go on because another wrote two events at once', async () => {
      const [worker, other] = await openStores(2);
      for (let round = 0; round < 20; round++) {
        const job = sampleJob();
        await worker?.createJob(job, 'e', firstEvent(job));
        const started = change(job, START);
        const progressed = change(started.job, { type: 'progress', percent: 5 });
        const cancelled = change(job, { type: 'cancel' });
        const [first, second, cancel] = await Promise.all([
          worker?.append({ ...started, newTicket: false }),
          worker?.append({ ...progressed, newTicket: false }),
          other?.append({ ...cancelled, newTicket: false }),
        ]);
        expect(cancel === undefined).toBe(first !== undefined);
        expect(second === undefined).toBe(first === undefined);
        expect((await other?.readJob(job.id))?.job.status).toBe(cancel === undefined ? 'running' : 'cancelled');
      }
    });

    it('tickets are never given twice, and each process’s rise', async () => {
      const stores = await openStores(3);
      const records = await Promise.all(
        Array.from({ length: 90 }, async (_none, index) => {
          const job = sampleJob();
          return recordOf((await stores[index % 3]?.createJob(job, 'e', firstEvent(job))) ?? missing());
        }),
      );
      const tickets = records.map(({ ticket }) => ticket);
      expect(new Set(tickets).size).toBe(90);
      for (const own of [0, 1, 2]) {
        const mine = tickets.filter((_ticket, index) => index % 3 === own);
        expect(mine).toEqual([...mine].sort((a, b) => a - b));
      }
    });

    it('transactions that wait for each other end well: the server gives one up, and it is done again', async () => {
      const url = await createSharedDatabase();
      const store = await openStore(url);
      const jobs = [sampleJob(), sampleJob()] as const;
      for (const job of jobs) await store.createJob(job, 'e', firstEvent(job));
      const rival = await connect(url);
      await rival.query("set deadlock_timeout = '1h'; begin");
      await rival.query('select 1 from jobs where id = $1 for update', [jobs[1].id]);
      const writes = jobs.map((job) => store.append({ ...change(job, START), newTicket: false }));
      await eventually(async () => {
        const { rows } = await rival.query('select 1 from pg_locks where not granted');
        return rows.length > 0;
      });
      await rival.query('select 1 from jobs where id = $1 for update', [jobs[0].id]);
      await rival.query('commit');
      for (const record of await Promise.all(writes)) expect(record?.job.lastEventSeq).toBe(2);
    });
  });

  describe('a write that the server refuses', () => {
    const at = new Date().toISOString();
    const NUL = 'a\u0000b';

    /** Each text that ends up in a column of its own. */
    const UNSTORABLE: Readonly<Record<string, (store: PostgresStore) => Promise<unknown>>> = {
      'a job’s id': (store) => createWith(store, sampleJob({ id: NUL })),
      'an epoch': (store) => createWith(store, sampleJob(), { epoch: NUL }),
      'an owner': (store) => createWith(store, sampleJob(), { owner: NUL }),
      'an idempotency key': (store) => createWith(store, sampleJob(), { idempotency: { key: NUL, digest: 'd' } }),
      'an idempotency key that is too long for an index': (store) =>
        createWith(store, sampleJob(), { idempotency: { key: randomBytes(9_000).toString('hex'), digest: 'd' } }),
      'a conversation’s id': (store) => store.conversations.rename(NUL, 'owner', 'title', at),
      'a title': (store) => store.conversations.create({ id: NUL, title: NUL, createdAt: at, updatedAt: at }, 'owner'),
      'a number out of range': (store) => createWith(store, sampleJob({ lastEventSeq: 1e30 })),
      'a setting': (store) => store.keepOnce('name', NUL),
      'a worker': (store) => store.workers.report({ id: NUL, seenAt: 1, backends: [] }),
      'a job to be moved': (store) => store.moveJob(NUL, 'a', null),
      'a job to be deleted': (store) => store.deleteJob(NUL),
    };

    function createWith(
      store: PostgresStore,
      job: Job,
      { epoch = 'e', ...origin }: JobOrigin & { readonly epoch?: string } = {},
    ) {
      return store.createJob(job, epoch, firstEvent(job), origin);
    }

    it.each(Object.entries(UNSTORABLE))('%s: nothing else of the same transaction fails', async (_what, write) => {
      const store = await create();
      const jobs = Array.from({ length: 25 }, () => sampleJob());
      const half = jobs.slice(0, 12).map((job) => createWith(store, job));
      const bad = write(store);
      const rest = jobs.slice(12).map((job) => createWith(store, job));
      await expect(bad).rejects.toSatisfy(isStorageError);
      for (const made of await Promise.all([...half, ...rest])) expect(made.outcome).toBe('created');
      for (const { id } of jobs) expect(await store.readEvents(id, 0, 10)).toHaveLength(1);
      await store.check();
    });

    it('all of them at once: exactly these fail', async () => {
      const store = await create();
      const jobs = Array.from({ length: 50 }, () => sampleJob());
      const bad = Object.values(UNSTORABLE);
      const writes = jobs.flatMap((job, index) => {
        const spoiled = bad[index / 4];
        const own = () => createWith(store, job);
        return spoiled === undefined ? [own] : [own, () => spoiled(store)];
      });
      const results = await Promise.allSettled(writes.map((write) => write()));
      expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(bad.length);
      expect((await store.listJobs(100)).jobs).toHaveLength(50);
    });

    it('an append: what builds on it is not written either, and other jobs are not touched', async () => {
      const store = await create();
      const jobs = Array.from({ length: 9 }, () => sampleJob());
      await Promise.all(jobs.map((job) => createWith(store, job)));
      const results = await Promise.all(
        jobs.map(async (job, index) => {
          const started = change(job, START);
          const progressed = change(started.job, { type: 'progress', percent: 5 });
          const worker = index === 4 ? NUL : 'w';
          return Promise.allSettled([
            store.append({ ...started, newTicket: false, worker }),
            store.append({ ...progressed, newTicket: false }),
          ]);
        }),
      );
      for (const [index, [started, progressed]] of results.entries()) {
        expect(started.status).toBe(index === 4 ? 'rejected' : 'fulfilled');
        if (index === 4) expect(progressed).toEqual({ status: 'fulfilled', value: undefined });
        else expect(progressed).toMatchObject({ value: { job: { percent: 5 } } });
      }
      expect((await store.readJob(jobs[4]?.id ?? ''))?.job).toEqual(jobs[4]);
    });

    it('a row that cannot be read fails the writes that read it, and no other', async () => {
      const url = await createSharedDatabase();
      const store = await openStore(url);
      const idempotency = { key: 'k', digest: 'd' };
      const [job, again, other] = [sampleJob(), sampleJob(), sampleJob()];
      await createWith(store, job, { idempotency });
      await (await connect(url)).query("update jobs set job = '{'");
      const [spoiled, whole] = await Promise.allSettled([
        createWith(store, again, { idempotency }),
        createWith(store, other),
      ]);
      expect(spoiled).toMatchObject({ status: 'rejected', reason: expect.toSatisfy(isStorageError) });
      expect(whole).toMatchObject({ status: 'fulfilled', value: { outcome: 'created' } });
    });

    it('a database that may only be read refuses all of a transaction at once', async () => {
      const url = await createSharedDatabase();
      const store = await openStore(url);
      const rival = await connect(url);
      const name = url.pathname.slice(1);
      await rival.query(`alter database "${name}" set default_transaction_read_only = on`);
      await rival.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()',
        [name],
      );
      const jobs = Array.from({ length: 40 }, () => sampleJob());
      const results = await Promise.allSettled(jobs.map((job) => createWith(store, job)));
      for (const result of results)
        expect(result).toMatchObject({ reason: { message: expect.stringContaining('the database is read-only') } });
      await rival.query('set default_transaction_read_only = off');
      await rival.query(`alter database "${name}" reset default_transaction_read_only`);
      const job = sampleJob();
      await eventually(() =>
        createWith(store, job)
          .then(({ outcome }) => outcome === 'created')
          .catch(() => false),
      );
    });
  });

  describe('a server that goes away', () => {
    it('fails what is asked for with a StorageError, and does it once the server is back', async () => {
      const own = await startPostgres();
      onTestFinished(() => own.remove());
      const store = await openStore(await own.createDatabase());
      const job = sampleJob();
      await store.createJob(job, 'e', firstEvent(job));
      await own.crash();
      const started = { ...change(job, START), newTicket: false };
      await expect(store.append(started)).rejects.toSatisfy(isStorageError);
      await expect(store.readJob(job.id)).rejects.toSatisfy(isStorageError);
      await expect(store.check()).rejects.toSatisfy(isStorageError);
      await own.start();
      expect((await store.append(started))?.job.lastEventSeq).toBe(2);
      expect(await store.readEvents(job.id, 0, 10)).toHaveLength(2);
      await store.check();
    });

    it.each([
      ['and the commit with it', false],
      ['and the answer to the commit with it', true],
    ])('a connection that breaks, %s, loses nothing and has nothing done twice', async (_what, forwards) => {
      const wire = await openWire(await createSharedDatabase());
      const store = await openStore(wire.url);
      const job = sampleJob();
      await store.createJob(job, 'e', firstEvent(job));
      wire.cutAtNextCommit(forwards);
      const started = { ...change(job, START), newTicket: false };
      expect((await store.append(started))?.job.lastEventSeq).toBe(2);
      wire.cutAtNextCommit(forwards);
      const other = sampleJob();
      expect((await store.createJob(other, 'e', firstEvent(other))).outcome).toBe('created');
      expect(wire.cuts).toBe(2);
      expect(await store.readEvents(job.id, 0, 10)).toEqual([firstEvent(job), started.event]);
      expect(await store.readEvents(other.id, 0, 10)).toEqual([firstEvent(other)]);
    });

    it('a server that forgets a transaction, and gives its number to others, deceives nobody: it is done again', async () => {
      // What is not committed is not on its disk when it crashes.
      const own = await startPostgres({ wal_writer_delay: '10s' });
      onTestFinished(() => own.remove());
      const url = await own.createDatabase();
      const wire = await openWire(url);
      const store = await openStore(wire.url);
      const job = sampleJob();
      await store.createJob(job, 'e', firstEvent(job));
      // The commit is on its way when the server crashes: the store cannot ask what became of it before that.
      wire.loseNextCommit();
      const started = { ...change(job, START), newTicket: false };
      const appending = store.append(started);
      await eventually(() => wire.lost === 1);
      await own.crash();
      await own.start();
      const others = await connect(url);
      for (let number = 0; number < 20; number++) await others.query('create table if not exists others()');
      for (let number = 0; number < 20; number++) await others.query('select pg_current_xact_id()');
      expect((await appending)?.job.lastEventSeq).toBe(2);
      expect(await store.readEvents(job.id, 0, 10)).toEqual([firstEvent(job), started.event]);
    });
  });
});

function missing(): never {
  throw new Error('nothing was answered');
}

/**
 * A way to the server that can be cut when a commit comes by: before it is passed on, or when its answer comes. It can
 * also lose a commit and stay open.
 */
async function openWire(to: URL) {
  let armed: 'cut' | 'cut answer' | 'lose' | undefined;
  const wire = {
    url: new URL(to),
    cuts: 0,
    lost: 0,
    cutAtNextCommit: (forwards: boolean) => {
      armed = forwards ? 'cut answer' : 'cut';
    },
    loseNextCommit: () => {
      armed = 'lose';
    },
  };
  const proxy = createServer((near) => {
    const far = createConnection(Number(to.port), to.hostname);
    const cut = () => {
      wire.cuts++;
      near.destroy();
      far.destroy();
    };
    let answerIsLost = false;
    near.on('data', (chunk) => {
      const hit = armed !== undefined && chunk.includes('commit\0') ? armed : undefined;
      if (hit === undefined) return far.write(chunk);
      armed = undefined;
      if (hit === 'cut') return cut();
      if (hit === 'lose') return wire.lost++;
      answerIsLost = true;
      return far.write(chunk);
    });
    far.on('data', (chunk) => (answerIsLost ? cut() : near.write(chunk)));
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const)
      one.on('error', () => {}).on('close', () => other.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void proxy.close());
  const address = proxy.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  wire.url.port = `${address.port}`;
  return wire;
}
