import { type FileHandle, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { toStorageError } from '../storage-error.ts';
import { formatIdentityKeys, type IdentityKey, parseIdentityKeys } from './identity-keys.ts';

/** The key ring's file in a data folder. */
export const KEY_FILE = 'identity-keys';

const HEAD = `# Keys that sign visitors' cookies, one a line: id:key. The first signs, all of them verify.
# "npm run rotate-key" adds one. If a key is removed, visitors whose cookies it signed are forgotten.
`;

const isMissing = (thrown: unknown) => thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';

/** The key ring of a data folder; undefined where it has none yet. Throws a `StorageError`. */
export async function readKeyFile(folder: string): Promise<readonly IdentityKey[] | undefined> {
  const path = join(folder, KEY_FILE);
  try {
    return parseIdentityKeys(await readFile(path, 'utf8'));
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw toStorageError(`cannot read ${path}`, thrown);
  }
}

/**
 * Replaces the key ring of a data folder: readable by the folder's user alone, and on disk when it resolves. A crash leaves the
 * former ring or this one. Throws a `StorageError`.
 */
export async function writeKeyFile(folder: string, keys: readonly IdentityKey[]): Promise<void> {
  const path = join(folder, KEY_FILE);
  const draft = `${path}.part`;
  try {
    await rm(draft, { force: true });
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(`${HEAD}${formatIdentityKeys(keys, '\n')}\n`);
      await keepOwner(file, folder);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
    await syncFolder(folder);
  } catch (thrown) {
    throw toStorageError(`cannot write ${path}`, thrown);
  }
}

/** What root writes is the folder's user's, as whom the server runs. */
async function keepOwner(file: FileHandle, folder: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(folder);
  await file.chown(uid, gid);
}

/** Removes the key ring of a data folder. Idempotent. Throws a `StorageError`. */
export async function removeKeyFile(folder: string): Promise<void> {
  const path = join(folder, KEY_FILE);
  try {
    await rm(path, { force: true });
  } catch (thrown) {
    throw toStorageError(`cannot remove ${path}`, thrown);
  }
}

/** A new name is on disk when its folder is. Windows and some network file systems cannot be asked for that. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder).catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}
