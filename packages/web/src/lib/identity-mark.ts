import { randomKey } from './random-key.ts';

/** Changes with the identity of this browser, which no script can read itself. */
const KEY = 'darkroom.identity';

/** Under what mark this browser keeps things now; empty until its identity has changed for the first time. */
export function identityMark(storage: Pick<Storage, 'getItem'>): string {
  try {
    return storage.getItem(KEY) ?? '';
  } catch {
    return '';
  }
}

/** Tells the other tabs, and whatever is kept for later, that this browser is somebody else from now on. */
export function changeIdentityMark(): void {
  try {
    window.localStorage.setItem(KEY, randomKey());
  } catch {
    // Where nothing can be kept, nothing of the former identity is.
  }
}

/** Calls `listener` when another tab has changed the identity; for as long as the page lives. */
export function onIdentityChange(listener: () => void): void {
  window.addEventListener('storage', ({ key }) => {
    if (key === KEY) listener();
  });
}
