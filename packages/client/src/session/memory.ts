import type { KeyValueStorage } from '../environment.ts';
import type { Memory } from './session-state.ts';

const KEY = 'darkroom.session';

/** What an earlier session of this page left; nothing where that cannot be read. */
export function recall(storage: KeyValueStorage): Memory {
  try {
    const value: unknown = JSON.parse(storage.getItem(KEY) ?? '{}');
    if (typeof value !== 'object' || value === null) return {};
    return {
      ws: 'ws' in value && typeof value.ws === 'number' ? value.ws : undefined,
      sse: 'sse' in value && typeof value.sse === 'number' ? value.sse : undefined,
      chosen: 'chosen' in value && value.chosen === true ? true : undefined,
    };
  } catch {
    return {};
  }
}

/** Leaves it for the next one. */
export function remember(storage: KeyValueStorage, memory: Memory): void {
  storage.setItem(KEY, JSON.stringify(memory));
}
