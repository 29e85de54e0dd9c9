import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { type Config, ConfigError } from './config.ts';
import { IMAGES, isOpen, openDataFolder } from './data-folder.ts';
import { DiskImages } from './images/disk/disk-images.ts';
import { openImages } from './images/image-schemes.ts';
import { type MemoryBudgets, MemoryImages } from './images/memory/memory-images.ts';
import type { Images } from './images.ts';
import type { Store } from './store.ts';
import { SqliteStore } from './stores/sqlite/sqlite-store.ts';

/** What keeps jobs and images. */
export interface Storage {
  readonly store: Store;
  readonly images: Images;
}

/**
 * Opens the database and the image storage that `config` names; `memoryBudgets` bound the images of a server in memory.
 * Throws a `ConfigError` or a `StorageError`.
 */
export async function openStorage(config: Config, logger: Logger, memoryBudgets: MemoryBudgets): Promise<Storage> {
  const { database, dataDir, imagesUrl } = config;
  if (imagesUrl?.protocol === 'file:') await warnOfOpenImages(fileURLToPath(imagesUrl), logger);
  const named = imagesUrl && (await openImages(imagesUrl, config));
  if (database === 'memory') {
    return { store: await SqliteStore.open(':memory:'), images: named ?? new MemoryImages(memoryBudgets) };
  }
  const usesFolder = database === 'file' || named === undefined;
  if (usesFolder) await keepFolderPrivate(dataDir, logger);
  const file = join(dataDir, 'darkroom.sqlite');
  return {
    store: database === 'file' ? await SqliteStore.open(file) : await openPostgres(database),
    images: named ?? new DiskImages(join(dataDir, IMAGES)),
  };
}

/** Loads what only servers on PostgreSQL need. */
async function openPostgres(database: URL): Promise<Store> {
  const { PostgresStore } = await import('./stores/postgres/postgres-store.ts');
  return PostgresStore.open(database);
}

async function keepFolderPrivate(dataDir: string, logger: Logger): Promise<void> {
  const { repaired, open } = await openDataFolder(dataDir).catch((thrown: unknown) => {
    throw new ConfigError(
      `DATA_DIR must be a folder that can be made and written; got "${dataDir}" (${thrown instanceof Error ? thrown.message : thrown})`,
    );
  });
  if (repaired > 0)
    logger.warn({ dataDir, repaired }, 'DATA_DIR was open to other users of this machine: it is private now');
  if (open.length > 0)
    logger.warn(
      { dataDir, open: open.slice(0, 3), count: open.length },
      'DATA_DIR is open to other users of this machine',
    );
}

/** The operator made it for others as well, and so are the images in it. */
async function warnOfOpenImages(folder: string, logger: Logger): Promise<void> {
  const info = await stat(folder).catch(() => undefined);
  if (info !== undefined && process.platform !== 'win32' && isOpen(info.mode))
    logger.warn({ folder }, 'IMAGES_URL is open to other users of this machine: to keep it private, chmod -R go= it');
}
