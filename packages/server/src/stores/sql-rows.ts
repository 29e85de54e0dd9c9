import { Job, ProgressEvent } from '@darkroom/protocol';
import type { JobPage, JobRecord, JobTicket } from '../store.ts';

/** What a record holds beside its job. */
interface PlaceRow {
  readonly epoch: string;
  readonly ticket: number;
  readonly owner: string | null;
  readonly conversation_id: string | null;
  readonly worker: string | null;
}

export function withPlace(job: Job, { epoch, ticket, owner, conversation_id, worker }: PlaceRow): JobRecord {
  return {
    job,
    epoch,
    ticket,
    owner: owner ?? undefined,
    conversationId: conversation_id ?? undefined,
    worker: worker ?? undefined,
  };
}

/** Rows back into jobs: what a database holds comes from outside too, so it is parsed. */
export function toRecord(row: PlaceRow & { readonly job: string }): JobRecord {
  return withPlace(Job.parse(JSON.parse(row.job)), row);
}

export function toEvent(row: { event: string }): ProgressEvent {
  return ProgressEvent.parse(JSON.parse(row.event));
}

export const toTicket = ({ id, ticket }: { id: string; ticket: number }): JobTicket => ({ jobId: id, ticket });

interface Place {
  readonly createdAt: number;
  readonly id: string;
}

const CURSOR = /^(\d{1,16})\.([A-Za-z0-9_-]{1,64})$/;

/** A list's cursor is the last row's place, opaque to clients. */
export function parseCursor(cursor: string): Place {
  const match = CURSOR.exec(Buffer.from(cursor, 'base64url').toString('latin1'));
  const [, createdAt, id] = match ?? [];
  if (createdAt === undefined || id === undefined) throw new RangeError('cursor is not one this server gave out');
  return { createdAt: Number(createdAt), id };
}

/** The cursor after a row that was sorted by a time and its id. */
export const toCursor = (at: number, id: string) => Buffer.from(`${at}.${id}`, 'latin1').toString('base64url');

/** A page of `limit` from `limit + 1` rows: the one more says that there is a next page. */
export function toPage(rows: readonly { job: string; created_at: number; id: string }[], limit: number): JobPage {
  const kept = rows.slice(0, limit);
  const last = rows.length > limit ? kept.at(-1) : undefined;
  return {
    jobs: kept.map((row) => Job.parse(JSON.parse(row.job))),
    nextCursor: last && toCursor(last.created_at, last.id),
  };
}
