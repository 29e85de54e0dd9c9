import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { registerTablesContract } from '../../tables.contract.ts';
import { tempFolder } from '../../testing/temp-folder.ts';
import { SqliteStore } from './sqlite-store.ts';
import { openSqliteTables } from './sqlite-tables.ts';

async function open() {
  const path = join(await tempFolder(), 'darkroom.sqlite');
  const tables = await openSqliteTables(path);
  onTestFinished(() => tables.close());
  const openStore = async () => {
    const store = await SqliteStore.open(path);
    onTestFinished(() => store.close());
    return store;
  };
  return { path, tables, openStore };
}

registerTablesContract({ name: 'SqliteTables', open });

describe('SqliteTables', () => {
  it('have the file for themselves: no store opens it meanwhile', async () => {
    const { openStore, tables } = await open();
    await expect(openStore()).rejects.toThrow('another process is using it');
    await tables.close();
    await openStore();
  });

  it('do not open a file that a store has open, even if it does nothing', async () => {
    const { openStore, path, tables } = await open();
    await tables.close();
    const store = await openStore();
    await expect(openSqliteTables(path)).rejects.toThrow(`${path} is in use: stop the Darkroom on it`);
    await store.close();
    await (await openSqliteTables(path)).close();
  });
});
