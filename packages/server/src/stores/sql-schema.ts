/** The tables, as Kysely sees them. The same on every SQL database. */
export interface Database {
  jobs: JobsTable;
  events: EventsTable;
}

export interface JobsTable {
  id: string;
  ticket: number;
  status: string;
  epoch: string;
  /** `seq` of the newest event: the fence of every append. */
  head: number;
  /** ms since the Unix epoch. */
  created_at: number;
  /** ms since the Unix epoch. */
  updated_at: number;
  /** The whole job as JSON. */
  job: string;
  idempotency_key: string | null;
  idempotency_digest: string | null;
}

export interface EventsTable {
  job_id: string;
  seq: number;
  /** The whole event as JSON. */
  event: string;
}
