import { describe, expect, it, onTestFinished } from 'vitest';
import { registerTablesContract } from '../../tables.contract.ts';
import { skipReason } from '../../testing/machine.ts';
import { createSharedDatabase } from '../../testing/shared-postgres.ts';
import { PostgresStore } from './postgres-store.ts';
import { openPostgresTables } from './postgres-tables.ts';

async function openTables(url: URL, use: 'reading' | 'writing') {
  const tables = await openPostgresTables(url, use);
  onTestFinished(() => tables.close());
  return tables;
}

async function open() {
  const url = await createSharedDatabase();
  const openStore = async () => {
    const store = await PostgresStore.open(url);
    onTestFinished(() => store.close());
    return store;
  };
  return { url, tables: await openTables(url, 'writing'), openStore };
}

const reason = skipReason('postgres');

describe.skipIf(reason !== undefined)(reason ?? 'PostgresTables', () => {
  registerTablesContract({ name: 'PostgresTables', open });

  it('find a store that is open on the database, until it is closed', async () => {
    const { tables, openStore } = await open();
    const store = await openStore();
    await store.check();
    await expect(tables.checkUnused()).rejects.toThrow(
      /^postgres:\/\/darkroom@\S+ is in use \(connections of Darkroom: \d\)/,
    );
    await store.close();
    await tables.checkUnused();
  });

  it('that are opened for reading stay as they were, and know who else came', async () => {
    const { url, tables: written } = await open();
    const read = await openTables(url, 'reading');
    expect(await read.count('events')).toBe(0);
    await written.insert('events', [{ job_id: 'a', seq: 1, event: '{}' }]);
    expect(await read.count('events')).toBe(0);
    await expect(read.checkUnused()).rejects.toThrow('is in use');
    await written.close();
    await read.checkUnused();
    await expect(read.insert('events', [{ job_id: 'b', seq: 1, event: '{}' }])).rejects.toThrow('read-only');
  });

  it('say in one line, without the password, that nobody answers', async () => {
    const url = new URL('postgres://darkroom:hunter2@127.0.0.1:1/darkroom');
    await expect(openPostgresTables(url, 'reading')).rejects.toThrow(
      /^cannot open the database postgres:\/\/darkroom@127\.0\.0\.1:1\/darkroom: no server answers there$/,
    );
  });
});
