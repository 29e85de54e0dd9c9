import type { Generated } from 'kysely';

/** The tables, as Kysely sees them. The same on every SQL database. */
export interface Database {
  jobs: JobsTable;
  events: EventsTable;
  conversations: ConversationsTable;
  messages: MessagesTable;
  settings: SettingsTable;
  workers: WorkersTable;
  commits: CommitsTable;
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
  owner: string | null;
  conversation_id: string | null;
  /** The worker that holds it while it is running or uploading. */
  worker: string | null;
}

export interface EventsTable {
  job_id: string;
  seq: number;
  /** The whole event as JSON. */
  event: string;
}

export interface ConversationsTable {
  id: string;
  owner: string;
  /** Empty: not named yet. */
  title: string;
  /** ms since the Unix epoch. */
  created_at: number;
  /** ms since the Unix epoch. */
  updated_at: number;
}

export interface MessagesTable {
  id: Generated<number>;
  conversation_id: string;
  role: string;
  content: string;
  /** JSON. */
  metadata: string;
  /** The message this one answers. */
  reply_to: number | null;
  /** The job whose state it carries. */
  job_id: string | null;
  /** ms since the Unix epoch. */
  created_at: number;
  /** ms since the Unix epoch. */
  updated_at: number;
  /** Unique within the conversation; on the first message of a turn. */
  idempotency_key: string | null;
  idempotency_digest: string | null;
}

/** What is made once and kept. */
export interface SettingsTable {
  name: string;
  value: string;
}

/** The last commit of each session, for those who lose the answer to one. SQLite's answers cannot be lost: there it stays empty. */
export interface CommitsTable {
  session: string;
  /** Rises with every transaction of the session. */
  mark: number;
  /** ms since the Unix epoch. */
  made_at: number;
}

/** Processes that run jobs. */
export interface WorkersTable {
  id: string;
  /** ms since the Unix epoch. */
  seen_at: number;
  /** JSON. */
  backends: string;
}
