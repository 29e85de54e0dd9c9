import type { Job, ProgressEvent } from '@darkroom/protocol';
import type { Expression, Kysely } from 'kysely';
import type { Idempotency, JobFilter, JobRecord } from '../store.ts';
import type { Database } from './sql-schema.ts';

/** The store's statements, built once for every SQL dialect; an adapter compiles and runs them in its own way. */
type Db = Kysely<Database>;

/** A row's place in the history. */
interface JobPlace {
  readonly createdAt: number;
  readonly id: string;
}

/** States of a job that is not over. */
export const UNFINISHED = ['queued', 'running', 'uploading'];

/** States of a job that a worker holds. */
export const UNDER_WAY = ['running', 'uploading'];

/** What a record is made of. */
const RECORD = ['job', 'epoch', 'ticket', 'owner', 'conversation_id', 'worker'] as const;

/** A number, or what the database is to make it from. */
type Ticket = number | Expression<number>;

export type NewJob = Omit<JobRecord, 'ticket'> & { readonly ticket: Ticket };

/**
 * The value of `jobs.idempotency_key`: the owner, a space, the key. Owners are not empty and have no spaces, so no two
 * owners' keys are equal, and none is equal to one of the requests without an identity: these begin with the space.
 */
export function keptKey({ key, owner = '' }: Pick<Idempotency, 'key' | 'owner'>): string {
  return `${owner} ${key}`;
}

export function insertJob(db: Db, { job, epoch, ticket, owner, conversationId }: NewJob, idempotency?: Idempotency) {
  return db.insertInto('jobs').values({
    id: job.id,
    ticket,
    status: job.status,
    epoch,
    head: job.lastEventSeq,
    created_at: Date.parse(job.createdAt),
    updated_at: Date.parse(job.updatedAt),
    job: JSON.stringify(job),
    idempotency_key: idempotency === undefined ? null : keptKey(idempotency),
    idempotency_digest: idempotency?.digest ?? null,
    owner: owner ?? null,
    conversation_id: conversationId ?? null,
  });
}

/** What an append changes beside the job itself. */
interface JobChange {
  readonly newTicket: Ticket | undefined;
  readonly worker: string | undefined;
}

/** Changes one row if the head is where the writer thinks, else none. */
export function updateJob(db: Db, job: Job, { newTicket, worker }: JobChange) {
  return db
    .updateTable('jobs')
    .set({
      status: job.status,
      head: job.lastEventSeq,
      updated_at: Date.parse(job.updatedAt),
      job: JSON.stringify(job),
      ...(newTicket !== undefined && { ticket: newTicket }),
      ...(!UNDER_WAY.includes(job.status) && { worker: null }),
      ...(worker !== undefined && { worker }),
    })
    .where('id', '=', job.id)
    .where('head', '=', job.lastEventSeq - 1);
}

export function insertEvent(db: Db, event: ProgressEvent) {
  return db.insertInto('events').values({ job_id: event.jobId, seq: event.seq, event: JSON.stringify(event) });
}

export function selectJob(db: Db, jobId: string) {
  return db.selectFrom('jobs').select(RECORD).where('id', '=', jobId);
}

/** What an append does not know of its job. */
export const PLACE = ['epoch', 'ticket', 'owner', 'conversation_id', 'worker'] as const;

export function selectPlace(db: Db, jobId: string) {
  return db.selectFrom('jobs').select(PLACE).where('id', '=', jobId);
}

/** Which ones, each database is told in its own way. */
export function selectHeads(db: Db) {
  return db.selectFrom('jobs').select(['id', 'head']);
}

/** The job made under a key; also by the same owner in its first request, which had no identity to prove yet. */
export function selectJobByKey(db: Db, idempotency: Idempotency) {
  const { key, owner } = idempotency;
  const jobs = db.selectFrom('jobs').select([...RECORD, 'idempotency_digest']);
  if (owner === undefined) return jobs.where('idempotency_key', '=', keptKey({ key }));
  return jobs.where(({ eb, or, and }) =>
    or([
      eb('idempotency_key', '=', keptKey({ key, owner })),
      and([eb('idempotency_key', '=', keptKey({ key })), eb('owner', '=', owner)]),
    ]),
  );
}

export function selectEvents(db: Db, jobId: string, afterSeq: number, limit: number) {
  return db
    .selectFrom('events')
    .select('event')
    .where('job_id', '=', jobId)
    .where('seq', '>', afterSeq)
    .orderBy('seq')
    .limit(limit);
}

/** Newest first. */
export function selectNewestEvents(db: Db, jobId: string, afterSeq: number, limit: number) {
  return selectEvents(db, jobId, afterSeq, limit).clearOrderBy().orderBy('seq', 'desc');
}

/** Newest first, after the place `(createdAt, id)` if one is given. */
export function selectJobPage(db: Db, limit: number, after: JobPlace | undefined, filter: JobFilter | undefined) {
  let page = db.selectFrom('jobs').select(['job', 'created_at', 'id']);
  if (filter !== undefined) page = page.where('owner', '=', filter.owner);
  if (filter?.active === true) page = page.where('status', 'in', UNFINISHED);
  const rest =
    after === undefined
      ? page
      : page.where(({ eb, refTuple, tuple }) =>
          eb(refTuple('created_at', 'id'), '<', tuple(after.createdAt, after.id)),
        );
  return rest.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit);
}

/** An owner's, in order of ticket. */
export function selectUnfinished(db: Db, owner: string) {
  return db
    .selectFrom('jobs')
    .select(RECORD)
    .where('owner', '=', owner)
    .where('status', 'in', UNFINISHED)
    .orderBy('ticket');
}

/** By the index on owner and status alone. */
export function selectUnfinishedCount(db: Db, owner: string) {
  return db
    .selectFrom('jobs')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('owner', '=', owner)
    .where('status', 'in', UNFINISHED);
}

/** In order of ticket, by the index on the status: however many wait, only those that are read cost something. */
export function selectWaiting(db: Db, after: number, limit: number) {
  return db
    .selectFrom('jobs')
    .select(['id', 'ticket'])
    .where('status', '=', 'queued')
    .where('ticket', '>', after)
    .orderBy('ticket')
    .limit(limit);
}

/** Which ones, each database is told in its own way. */
export function selectJobs(db: Db) {
  return db.selectFrom('jobs').select(RECORD);
}

/** An owner's place in line, in its order. */
export function selectOwnWaiting(db: Db, owner: string) {
  return db
    .selectFrom('jobs')
    .select(['id', 'ticket'])
    .where('owner', '=', owner)
    .where('status', '=', 'queued')
    .orderBy('ticket');
}

export function updateTicket(db: Db, jobId: string, ticket: number) {
  return db.updateTable('jobs').set({ ticket }).where('id', '=', jobId);
}

export function selectSetting(db: Db, name: string) {
  return db.selectFrom('settings').select('value').where('name', '=', name);
}

export function insertSetting(db: Db, name: string, value: string) {
  return db.insertInto('settings').values({ name, value });
}

export function deleteSetting(db: Db, name: string) {
  return db.deleteFrom('settings').where('name', '=', name);
}

/** What was taken is kept among the settings, in order of its end. */
const TAKEN = 'taken:';
const takenUntil = (ms: number) => `${TAKEN}${String(ms).padStart(16, '0')}:`;

/** Inserts one row for who comes first, else none. */
export function insertTaken(db: Db, name: string, until: number) {
  return insertSetting(db, `${takenUntil(until)}${name}`, '').onConflict((conflict) => conflict.doNothing());
}

export function deleteTaken(db: Db, before: number) {
  return db.deleteFrom('settings').where('name', '>=', TAKEN).where('name', '<', takenUntil(before));
}

/** Few jobs are under way, however many wait: the index on the status finds them. */
export function selectIdle(db: Db, before: number, limit: number) {
  return db
    .selectFrom('jobs')
    .select(RECORD)
    .where('status', 'in', UNDER_WAY)
    .where('updated_at', '<', before)
    .orderBy('updated_at')
    .limit(limit);
}

/** Few jobs are under way, however many wait: the index on the status finds them. */
export function selectAbandoned(db: Db, before: number, limit: number) {
  return db
    .selectFrom('jobs')
    .leftJoin('workers', 'workers.id', 'jobs.worker')
    .select(RECORD.map((column) => `jobs.${column}` as const))
    .where('status', 'in', UNDER_WAY)
    .where((eb) => eb.or([eb('workers.seen_at', 'is', null), eb('workers.seen_at', '<', before)]))
    .orderBy('ticket')
    .limit(limit);
}

export function selectExpired(db: Db, before: number, limit: number) {
  return db
    .selectFrom('jobs')
    .select('id')
    .where('updated_at', '<', before)
    .where('status', 'not in', UNFINISHED)
    .orderBy('updated_at')
    .limit(limit);
}

export function selectLastTicket(db: Db) {
  return db.selectFrom('jobs').select((eb) => eb.fn.max('ticket').as('ticket'));
}

export function deleteJobRow(db: Db, jobId: string) {
  return db.deleteFrom('jobs').where('id', '=', jobId);
}

export function deleteEventRows(db: Db, jobId: string) {
  return db.deleteFrom('events').where('job_id', '=', jobId);
}
