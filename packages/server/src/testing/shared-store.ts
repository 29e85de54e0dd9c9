import type { Store } from '../store.ts';
import { SqliteStore } from '../stores/sqlite/sqlite-store.ts';
import { createRandom } from './random.ts';
import { createSlowStore } from './slow-store.ts';

/** A storage that several cores of a test use at once, as processes would: every answer takes some turns. */
export async function openSharedStore(): Promise<Store> {
  return { ...createSlowStore(await SqliteStore.open(':memory:'), createRandom(1)), isShared: true };
}
