import { Job, ProgressEvent } from '@darkroom/protocol';
import type { JobPage, JobRecord } from '../store.ts';

/** Rows back into jobs: what a database holds comes from outside too, so it is parsed. */
export function toRecord(row: { job: string; epoch: string; ticket: number }): JobRecord {
  return { job: Job.parse(JSON.parse(row.job)), epoch: row.epoch, ticket: row.ticket };
}

export function toEvent(row: { event: string }): ProgressEvent {
  return ProgressEvent.parse(JSON.parse(row.event));
}

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

/** A page of `limit` from `limit + 1` rows: the one more says that there is a next page. */
export function toPage(rows: readonly { job: string; created_at: number; id: string }[], limit: number): JobPage {
  const kept = rows.slice(0, limit);
  const last = rows.length > limit ? kept.at(-1) : undefined;
  return {
    jobs: kept.map((row) => Job.parse(JSON.parse(row.job))),
    nextCursor: last && Buffer.from(`${last.created_at}.${last.id}`, 'latin1').toString('base64url'),
  };
}
