import type { TestProject } from 'vitest/node';
import { skipReason } from './machine.ts';
import { startPostgres } from './postgres-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The port of the PostgreSQL server that the test files of a run share; undefined where there is none. */
    readonly postgresPort: number | undefined;
  }
}

/** Starts the PostgreSQL server that test files share: each file takes databases of its own from it (`shared-postgres.ts`). */
export async function setup({ provide }: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (skipReason('postgres') !== undefined) {
    provide('postgresPort', undefined);
    return undefined;
  }
  // Several files use it at the same time, and each server of a test has a pool of connections.
  const server = await startPostgres({ max_connections: '400' });
  provide('postgresPort', server.port);
  return () => server.remove();
}
