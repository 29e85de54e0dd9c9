import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely, SqliteDialect } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { describe, expect, it, onTestFinished } from 'vitest';
import { registerConversationStoreContract } from '../../conversation-store.contract.ts';
import { isStorageError } from '../../storage-error.ts';
import { registerStoreContract } from '../../store.contract.ts';
import { change, firstEvent, recordOf, sampleJob } from '../../testing/sample-job.ts';
import { tempFolder } from '../../testing/temp-folder.ts';
import { registerWorkerStoreContract } from '../../worker-store.contract.ts';
import { NodeSqliteDatabase } from './node-sqlite-database.ts';
import { SQLITE_MIGRATIONS } from './sqlite-migrations.ts';
import { SqliteStore } from './sqlite-store.ts';

async function openStore(path: string): Promise<SqliteStore> {
  const store = await SqliteStore.open(path);
  onTestFinished(() => store.close());
  return store;
}

const IN_MEMORY = { name: 'SqliteStore in memory', create: () => openStore(':memory:') };
const IN_FILE = {
  name: 'SqliteStore in a file',
  create: async () => openStore(join(await tempFolder(), 'darkroom.sqlite')),
};

for (const where of [IN_MEMORY, IN_FILE]) {
  registerStoreContract(where);
  registerConversationStoreContract(where);
  registerWorkerStoreContract(where);
}

/** Transactions in a write-ahead log: frames that carry the size of the database after a commit (SQLite file format, 4.1). */
async function countCommits(path: string): Promise<number> {
  const wal = await readFile(`${path}-wal`);
  const frameBytes = 24 + wal.readUInt32BE(8);
  let commits = 0;
  for (let at = 32; at + frameBytes <= wal.length; at += frameBytes) if (wal.readUInt32BE(at + 4) > 0) commits++;
  return commits;
}

/** Runs a module of a few lines in a process of its own; resolves with the signal that ended it. */
function runChild(source: string): Promise<NodeJS.Signals | undefined> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--input-type=module', '-e', source], (error, _stdout, stderr) => {
      if (error?.signal === undefined) throw new Error(`the child did not die: ${stderr}`);
      resolve(error.signal ?? undefined);
    });
  });
}

const moduleUrl = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);

/** Without names that stand for nothing. */
const definedOnly = (migrations: Record<string, Migration | undefined>): Record<string, Migration> =>
  Object.fromEntries(Object.entries(migrations).flatMap(([name, one]) => (one === undefined ? [] : [[name, one]])));

describe('SqliteStore in a file', () => {
  it('[J5] what was acknowledged survives a SIGKILL in the next instruction', async () => {
    const path = join(await tempFolder(), 'darkroom.sqlite');
    const signal = await runChild(`
      import { SqliteStore } from ${moduleUrl('./sqlite-store.ts')};
      import { change, firstEvent, recordOf, sampleJob } from ${moduleUrl('../../testing/sample-job.ts')};
      const store = await SqliteStore.open(${JSON.stringify(path)});
      const job = sampleJob({ prompt: 'survivor' });
      await store.createJob(job, 'e', firstEvent(job));
      await store.append({ ...change(job, { type: 'start', provider: 'sketch' }), newTicket: false });
      process.kill(process.pid, 'SIGKILL');
    `);
    expect(signal).toBe('SIGKILL');
    const store = await openStore(path);
    const [job] = (await store.listJobs(10)).jobs;
    expect(job).toMatchObject({ prompt: 'survivor', status: 'running', lastEventSeq: 2 });
    expect(await store.readEvents(job?.id ?? '', 0, 10)).toHaveLength(2);
  });

  it('[J5] a hundred writes of one turn are one transaction; writes of other turns are others', async () => {
    const path = join(await tempFolder(), 'darkroom.sqlite');
    const store = await openStore(path);
    const before = await countCommits(path);
    const jobs = Array.from({ length: 100 }, () => sampleJob());
    await Promise.all(jobs.map((job) => store.createJob(job, 'e', firstEvent(job))));
    expect(await countCommits(path)).toBe(before + 1);
    for (const job of jobs.slice(0, 3)) await store.append({ ...change(job, { type: 'cancel' }), newTicket: false });
    expect(await countCommits(path)).toBe(before + 4);
  });

  it('keeps no byte of what was deleted, once its log is in the file', async () => {
    const path = join(await tempFolder(), 'darkroom.sqlite');
    const store = await SqliteStore.open(path);
    const jobs = Array.from({ length: 60 }, (_none, index) =>
      sampleJob({ prompt: `secret-${index} ${'x'.repeat(index * 90)}` }),
    );
    for (const job of jobs) await store.createJob(job, 'e', firstEvent(job));
    const conversation = { id: 'c'.repeat(22), title: 'secret title', createdAt: jobs[0]?.createdAt ?? '' };
    await store.conversations.create({ ...conversation, updatedAt: conversation.createdAt }, 'owner');
    for (const job of jobs.filter((_job, index) => index % 3 !== 0)) await store.deleteJob(job.id);
    for (const job of jobs.filter((_job, index) => index % 3 === 0))
      await store.append({ ...change(job, { type: 'start', provider: 'sketch' }), newTicket: false });
    for (const job of jobs) await store.deleteJob(job.id);
    await store.conversations.delete(conversation.id, 'owner');
    await store.close();
    expect((await readFile(path, 'latin1')).includes('secret')).toBe(false);
  });

  it('goes on with its tickets and jobs after it was closed and opened', async () => {
    const path = join(await tempFolder(), 'darkroom.sqlite');
    const job = sampleJob();
    const first = await SqliteStore.open(path);
    const record = recordOf(await first.createJob(job, 'e', firstEvent(job)));
    await first.close();
    const second = await openStore(path);
    expect(await second.readJob(job.id)).toEqual(record);
    const next = sampleJob();
    const later = await second.createJob(next, 'e', firstEvent(next));
    expect(recordOf(later).ticket).toBeGreaterThan(record.ticket);
  });

  it('[M3] a database of the first release is brought up to date, and its jobs are as they were', async () => {
    const path = join(await tempFolder(), 'darkroom.sqlite');
    const job = sampleJob();
    const old = new NodeSqliteDatabase(path);
    const sql = new Kysely<unknown>({ dialect: new SqliteDialect({ database: old }) });
    const migrations = { '0001_jobs_and_events': SQLITE_MIGRATIONS['0001_jobs_and_events'] };
    const migrator = new Migrator({ db: sql, provider: { getMigrations: async () => definedOnly(migrations) } });
    expect((await migrator.migrateToLatest()).error).toBeUndefined();
    old.exec(`insert into jobs (id, ticket, status, epoch, head, created_at, updated_at, job)
      values ('${job.id}', 7, 'queued', 'e', 1, 1, 1, '${JSON.stringify(job)}')`);
    old.close();
    const store = await openStore(path);
    expect(await store.readJob(job.id)).toEqual({ job, epoch: 'e', ticket: 7 });
    expect(await store.conversations.list('owner', 10)).toEqual({ conversations: [], nextCursor: undefined });
  });

  it('says so with a StorageError when the database cannot take a write, and works again once it can', async () => {
    const path = join(await tempFolder(), 'darkroom.sqlite');
    const store = await openStore(path);
    const vandal = new DatabaseSync(path);
    onTestFinished(() => vandal.close());
    vandal.exec('alter table events rename to hidden');
    const job = sampleJob();
    await expect(store.createJob(job, 'e', firstEvent(job))).rejects.toSatisfy(isStorageError);
    await expect(store.readEvents(job.id, 0, 10)).rejects.toSatisfy(isStorageError);
    expect(await store.readJob(job.id)).toBeUndefined();
    vandal.exec('alter table hidden rename to events');
    expect((await store.createJob(job, 'e', firstEvent(job))).outcome).toBe('created');
  });

  it('a row that cannot be read fails the writes that read it, and no other of the same turn', async () => {
    const path = join(await tempFolder(), 'darkroom.sqlite');
    const store = await openStore(path);
    const idempotency = { key: 'k', digest: 'd' };
    const [job, again, other] = [sampleJob(), sampleJob(), sampleJob()];
    await store.createJob(job, 'e', firstEvent(job), { idempotency });
    const vandal = new DatabaseSync(path);
    onTestFinished(() => vandal.close());
    vandal.exec("update jobs set job = '{'");
    const before = await countCommits(path);
    const [spoiled, whole] = await Promise.allSettled([
      store.createJob(again, 'e', firstEvent(again), { idempotency }),
      store.createJob(other, 'e', firstEvent(other)),
    ]);
    expect(spoiled).toMatchObject({ status: 'rejected', reason: expect.toSatisfy(isStorageError) });
    expect(whole).toMatchObject({ status: 'fulfilled', value: { outcome: 'created' } });
    expect(await countCommits(path)).toBe(before + 1);
  });

  it.each(['/proc/darkroom.sqlite', '/dev/null/darkroom.sqlite'])(
    'cannot be opened at %s, and says where',
    async (path) => {
      const opening = SqliteStore.open(path);
      await expect(opening).rejects.toSatisfy(isStorageError);
      await expect(opening).rejects.toThrow(`cannot open the database ${path}`);
    },
  );
});
