import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import { createDatabase } from './postgres-server.ts';

/**
 * An empty database on the PostgreSQL server that all test files of a run share. It goes away with the server. Tests that
 * crash their server start one of their own.
 */
export async function createSharedDatabase(): Promise<URL> {
  const port = inject('postgresPort');
  if (port === undefined) throw new Error('there is no PostgreSQL server: ask skipReason first');
  return createDatabase(port, `test_${randomUUID().replaceAll('-', '')}`);
}
