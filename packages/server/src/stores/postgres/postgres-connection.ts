import { type PoolConfig, types } from 'pg';

/** Connections for reading; there is one more, for writing. */
export const READERS = 8;

const CONNECT_MS = 5_000;
const STATEMENT_MS = 10_000;
/** A little more than the server's own bound: it ends what a server that is gone would never answer. */
const ANSWER_MS = 12_000;
/** A process that stands still must not hold locks for long. */
const IDLE_IN_TRANSACTION_MS = 5_000;

const BIGINT = 20;

/** Times, tickets and numbers of events are far below 2^53. */
const NUMBERS: PoolConfig['types'] = {
  getTypeParser: (oid: number, format) => (oid === BIGINT ? Number : types.getTypeParser(oid, format)),
};

/** How the server is spoken to; every wait is bounded. */
export function connectionOptions(url: URL): PoolConfig {
  return {
    connectionString: url.href,
    application_name: 'darkroom',
    keepAlive: true,
    types: NUMBERS,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    query_timeout: ANSWER_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
  };
}

/** A name of the database for messages. */
export const withoutSecrets = ({ protocol, username, host, pathname }: URL) =>
  `${protocol}//${username && `${username}@`}${host}${pathname}`;
