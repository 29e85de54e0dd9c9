import type { Store } from '../store.ts';
import {
  formatIdentityKeys,
  type IdentityKey,
  newIdentityKey,
  parseIdentityKeys,
  withUnnamedKey,
} from './identity-keys.ts';
import { readKeyFile, writeKeyFile } from './key-file.ts';

/** Where a store keeps the one key of versions before key ids. */
const UNNAMED = 'identity-key';
/** Where a store that processes share keeps the key ring. */
export const SHARED_RING = 'identity-keys';

type Settings = Pick<Store, 'keepOnce' | 'readSetting' | 'eraseSetting'>;

/** The ring that all processes of a shared store use: the first to start makes it, around the key that was there before. */
export async function openSharedKeys(store: Settings): Promise<readonly IdentityKey[]> {
  const ring = withUnnamedKey([newIdentityKey()], await store.readSetting(UNNAMED));
  return parseIdentityKeys(await store.keepOnce(SHARED_RING, formatIdentityKeys(ring)));
}

/** What `openFileKeys` reports. */
export interface KeyReports {
  /** The key of an earlier version is in the file now, and in the database no longer. */
  readonly onMoved: () => void;
  /** It is in both: the database could not be rewritten. */
  readonly onLeft: (reason: unknown) => void;
}

/**
 * The ring `given`, or else that in the file of a data folder, made if missing. A copy of the database must not hold a
 * key: the one that an earlier version has left there is moved into the file in any case.
 */
export async function openFileKeys(
  folder: string,
  store: Settings,
  { given, onMoved, onLeft }: KeyReports & { readonly given: readonly IdentityKey[] | undefined },
): Promise<readonly IdentityKey[]> {
  const former = await store.readSetting(UNNAMED);
  if (given !== undefined && former === undefined) return given;
  const kept = await readKeyFile(folder);
  const ring = withUnnamedKey(kept ?? [newIdentityKey()], former);
  if (ring !== kept) await writeKeyFile(folder, ring);
  if (former !== undefined) await store.eraseSetting(UNNAMED).then(onMoved, onLeft);
  return given ?? ring;
}
