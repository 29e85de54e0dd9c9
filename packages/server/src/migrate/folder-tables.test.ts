import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { formatIdentityKeys, newIdentityKey } from '../identity-keys/identity-keys.ts';
import { readKeyFile, writeKeyFile } from '../identity-keys/key-file.ts';
import { SqliteStore } from '../stores/sqlite/sqlite-store.ts';
import { openSqliteTables } from '../stores/sqlite/sqlite-tables.ts';
import { registerTablesContract } from '../tables.contract.ts';
import { tempFolder } from '../testing/temp-folder.ts';
import { FolderTables } from './folder-tables.ts';

const ALL = { after: undefined, upTo: undefined };
const OTHERS = ['a', 'identity-key', 'taken:b'].map((name) => ({ name, value: 'x' }));

async function open() {
  const folder = await tempFolder();
  const path = join(folder, 'darkroom.sqlite');
  const bare = await openSqliteTables(path);
  onTestFinished(() => bare.close());
  const openStore = async () => {
    const store = await SqliteStore.open(path);
    onTestFinished(() => store.close());
    return store;
  };
  return { folder, bare, tables: new FolderTables(bare, folder), openStore };
}

/** A folder with a ring and other settings. */
async function openWithRing() {
  const opened = await open();
  const keys = [newIdentityKey(), { ...newIdentityKey(), id: undefined }];
  await writeKeyFile(opened.folder, keys);
  await opened.bare.insert('settings', OTHERS);
  return { ...opened, keys, ring: { name: 'identity-keys', value: formatIdentityKeys(keys) } };
}

registerTablesContract({ name: 'FolderTables', open });

describe('FolderTables', () => {
  it('show the ring of the file as a setting, in its place, page by page', async () => {
    const { tables, ring } = await openWithRing();
    const all = [OTHERS[0], OTHERS[1], ring, OTHERS[2]];
    expect(await tables.read('settings', ALL)).toEqual(all);
    expect(await tables.count('settings')).toBe(4);
    for (const limit of [1, 2, 3, 4, 5]) {
      const read: unknown[] = [];
      for (let after: string | undefined; ; ) {
        const page = await tables.read('settings', { after, upTo: undefined }, limit);
        read.push(...page);
        if (page.length < limit) break;
        after = String(page.at(-1)?.['name']);
      }
      expect(read, `pages of ${limit}`).toEqual(all);
    }
    expect(await tables.read('settings', { after: 'a', upTo: 'identity-key' })).toEqual([OTHERS[1]]);
    expect(await tables.read('settings', { after: 'a', upTo: 'identity-keys' })).toEqual([OTHERS[1], ring]);
    expect(await tables.read('settings', { after: 'identity-keys', upTo: undefined })).toEqual([OTHERS[2]]);
  });

  it('keep a ring in the file, and never in the database', async () => {
    const { ring, keys } = await openWithRing();
    const { tables, bare, folder } = await open();
    await tables.transaction((inner) => inner.insert('settings', [ring, ...OTHERS]));
    expect(await readKeyFile(folder)).toEqual(keys);
    expect(await bare.read('settings', ALL)).toEqual(OTHERS);
    await tables.remove('settings', [ring, ...OTHERS.slice(0, 1)]);
    expect(await readKeyFile(folder)).toBeUndefined();
    expect(await tables.read('settings', ALL)).toEqual(OTHERS.slice(1));
  });

  it('show no ring where there is no file', async () => {
    const { tables } = await open();
    expect([await tables.read('settings', ALL), await tables.count('settings')]).toEqual([[], 0]);
  });
});
