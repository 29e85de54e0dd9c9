import type { Job, ProgressEvent } from '@darkroom/protocol';
import type { Kysely } from 'kysely';
import type { Idempotency, JobRecord } from '../store.ts';
import type { Database } from './sql-schema.ts';

/** The store's statements, built once for every SQL dialect; an adapter compiles and runs them in its own way. */
type Db = Kysely<Database>;

const UNFINISHED = ['queued', 'running', 'uploading'];

export function insertJob(db: Db, { job, epoch, ticket }: JobRecord, idempotency: Idempotency | undefined) {
  return db.insertInto('jobs').values({
    id: job.id,
    ticket,
    status: job.status,
    epoch,
    head: job.lastEventSeq,
    created_at: Date.parse(job.createdAt),
    updated_at: Date.parse(job.updatedAt),
    job: JSON.stringify(job),
    idempotency_key: idempotency?.key ?? null,
    idempotency_digest: idempotency?.digest ?? null,
  });
}

/** Changes one row if the head is where the writer thinks, else none. */
export function updateJob(db: Db, job: Job, newTicket: number | undefined) {
  return db
    .updateTable('jobs')
    .set({
      status: job.status,
      head: job.lastEventSeq,
      updated_at: Date.parse(job.updatedAt),
      job: JSON.stringify(job),
      ...(newTicket !== undefined && { ticket: newTicket }),
    })
    .where('id', '=', job.id)
    .where('head', '=', job.lastEventSeq - 1);
}

export function insertEvent(db: Db, event: ProgressEvent) {
  return db.insertInto('events').values({ job_id: event.jobId, seq: event.seq, event: JSON.stringify(event) });
}

export function selectJob(db: Db, jobId: string) {
  return db.selectFrom('jobs').select(['job', 'epoch', 'ticket']).where('id', '=', jobId);
}

/** What an append does not know of its job. */
export function selectPlace(db: Db, jobId: string) {
  return db.selectFrom('jobs').select(['epoch', 'ticket']).where('id', '=', jobId);
}

export function selectJobByKey(db: Db, key: string) {
  return db
    .selectFrom('jobs')
    .select(['job', 'epoch', 'ticket', 'idempotency_digest'])
    .where('idempotency_key', '=', key);
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

/** Newest first, after the place `(createdAt, id)` if one is given. */
export function selectJobPage(db: Db, limit: number, after: { createdAt: number; id: string } | undefined) {
  const page = db.selectFrom('jobs').select(['job', 'created_at', 'id']);
  const rest =
    after === undefined
      ? page
      : page.where((eb) =>
          eb.or([
            eb('created_at', '<', after.createdAt),
            eb.and([eb('created_at', '=', after.createdAt), eb('id', '<', after.id)]),
          ]),
        );
  return rest.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit);
}

export function selectUnfinished(db: Db) {
  return db.selectFrom('jobs').select(['job', 'epoch', 'ticket']).where('status', 'in', UNFINISHED).orderBy('ticket');
}

/** Few jobs are under way, however many wait: the index on the status finds them. */
export function selectIdle(db: Db, before: number, limit: number) {
  return db
    .selectFrom('jobs')
    .select(['job', 'epoch', 'ticket'])
    .where('status', 'in', ['running', 'uploading'])
    .where('updated_at', '<', before)
    .orderBy('updated_at')
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
