import { randomUUID } from 'node:crypto';
import { inject, onTestFinished, TestRunner } from 'vitest';
import { createDatabase, emptyDatabase } from './postgres-server.ts';

/** Databases of tests of this worker that are over. */
const used: URL[] = [];

/** A used database, emptied, if there is one without connections. */
async function reuse(): Promise<URL | undefined> {
  const url = used.pop();
  if (url === undefined) return undefined;
  const isEmpty = await emptyDatabase(url).catch(() => false);
  return isEmpty ? url : await reuse();
}

/**
 * An empty database on the PostgreSQL server that all test files of a run share. It goes away with the server, or is
 * emptied for a later test. Tests that crash their server start one of their own.
 */
export async function createSharedDatabase(): Promise<URL> {
  const port = inject('postgresPort');
  if (port === undefined) throw new Error('there is no PostgreSQL server: ask skipReason first');
  const url = (await reuse()) ?? (await createDatabase(port, `test_${randomUUID().replaceAll('-', '')}`));
  if (TestRunner.getCurrentTest() !== undefined) {
    // A test may change the address that it was given.
    const own = new URL(url);
    onTestFinished(() => void used.push(own));
  }
  return url;
}
