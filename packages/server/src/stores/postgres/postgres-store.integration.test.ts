import { createConnection, createServer } from 'node:net';
import { Client } from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { registerConversationStoreContract } from '../../conversation-store.contract.ts';
import { isStorageError } from '../../storage-error.ts';
import { registerStoreContract } from '../../store.contract.ts';
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

const reason = skipReason('postgres');

describe.skipIf(reason !== undefined)(reason ?? 'PostgresStore', () => {
  const create = async () => openStore(await createSharedDatabase());
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
      wire.cutAtNextCommit(false);
      const started = { ...change(job, START), newTicket: false };
      const appending = store.append(started);
      await eventually(() => wire.cuts === 1);
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

/** A way to the server that can be cut when a commit comes by: before it is passed on, or when its answer comes. */
async function openWire(to: URL) {
  let armed: { readonly forwards: boolean } | undefined;
  const wire = {
    url: new URL(to),
    cuts: 0,
    cutAtNextCommit: (forwards: boolean) => {
      armed = { forwards };
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
      answerIsLost = hit.forwards;
      return hit.forwards ? far.write(chunk) : cut();
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
