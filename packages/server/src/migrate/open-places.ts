import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../config.ts';
import { openDataFolder } from '../data-folder.ts';
import { openImages } from '../images/image-schemes.ts';
import { toStorageError } from '../storage-error.ts';
import { openPostgresTables } from '../stores/postgres/postgres-tables.ts';
import { openSqliteTables } from '../stores/sqlite/sqlite-tables.ts';
import type { Tables } from '../tables.ts';
import { FolderTables } from './folder-tables.ts';
import type { End, MigrateOptions } from './migrate-options.ts';
import type { Route } from './place.ts';

/** A route that is open: nobody else may use its databases. */
export interface OpenRoute extends Route {
  /** Idempotent. */
  close(): Promise<void>;
}

/** `make`: the file may be missing yet. */
interface Use {
  readonly option: '--from' | '--to';
  readonly how: 'reading' | 'writing';
  readonly make: boolean;
}

async function openTables({ database }: End, { option, how, make }: Use): Promise<Tables> {
  if ('url' in database) return openPostgresTables(database.url, how);
  const path = join(database.folder, 'darkroom.sqlite');
  if (!make && !existsSync(path))
    throw new ConfigError(`${option} must be a data folder, with darkroom.sqlite in it; got "${database.folder}"`);
  await openDataFolder(database.folder).catch((thrown: unknown) => {
    throw toStorageError(`cannot make the folder ${database.folder}`, thrown);
  });
  return new FolderTables(await openSqliteTables(path), database.folder);
}

/** Opens both ends with the adapters that they name. Throws a `ConfigError`, or a `StorageError` where one is in use. */
export async function openPlaces(options: MigrateOptions): Promise<OpenRoute> {
  const { from, to, verify } = options;
  const opened: { close(): Promise<void> }[] = [];
  const keep = <T extends { close(): Promise<void> }>(part: T): T => {
    opened.push(part);
    return part;
  };
  const close = async () => {
    for (const part of opened.splice(0).reverse()) await part.close();
  };
  try {
    const here = keep(await openImages(from.images.url, options, from.images.by));
    const there = keep(await openImages(to.images.url, options, to.images.by));
    const source = keep(await openTables(from, { option: '--from', how: 'reading', make: false }));
    const target = keep(await openTables(to, { option: '--to', how: 'writing', make: !verify }));
    for (const tables of [source, target]) await tables.checkUnused();
    if (!verify) await there.check();
    return { source: { tables: source, images: here }, target: { tables: target, images: there }, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}
