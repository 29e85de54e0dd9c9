import { useSyncExternalStore } from 'react';

/** Pauses between tries while the server cannot be reached, in milliseconds; the last one repeats. */
const PAUSES_MS = [500, 1_000, 2_000, 4_000, 8_000] as const;

/** How long the server has to answer, in milliseconds. */
const ANSWER_MS = 10_000;

/** What the loading of code needs of its surroundings. */
export interface LoadEnvironment {
  /** Whether the server answers at the moment; never rejects. */
  isReachable(): Promise<boolean>;
  /** Resolves after so many milliseconds, or sooner if the network has returned. */
  pause(ms: number): Promise<void>;
}

const BROWSER: LoadEnvironment = {
  // The page's own address: whatever is between browser and server lets that through. From 500 on it is a proxy that
  // does not reach the server, or a server that is starting or stopping.
  isReachable: () =>
    fetch(window.location.href, { cache: 'no-store', signal: AbortSignal.timeout(ANSWER_MS) }).then(
      ({ status }) => status < 500,
      () => false,
    ),
  pause: (ms) =>
    new Promise((resolve) => {
      const go = () => {
        clearTimeout(timer);
        window.removeEventListener('online', go);
        resolve();
      };
      const timer = setTimeout(go, ms);
      window.addEventListener('online', go);
    }),
};

let waiting = 0;
const listeners = new Set<() => void>();

function countWaiting(change: 1 | -1): void {
  waiting += change;
  for (const listener of listeners) listener();
}

/** To be called when the server has just given no answer. */
async function waitUntilReachable({ isReachable, pause }: LoadEnvironment): Promise<void> {
  countWaiting(1);
  let tries = 0;
  do {
    await pause(PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)] ?? 0);
    tries++;
  } while (!(await isReachable()));
  countWaiting(-1);
}

/** Loaded, or why not: the server cannot be reached, or it answers and yet does not have the code, as after an upgrade. */
export type LoadResult<Code> =
  | { readonly loaded: true; readonly code: Code }
  | { readonly loaded: false; readonly reachable: boolean; readonly cause: unknown };

/**
 * Loads a part of the app's code; tries a second time if the server turns out to be reachable. `wasReachable`: it has
 * just answered, so one try is enough.
 */
export async function loadWhileReachable<Code>(
  load: () => Promise<Code>,
  { isReachable }: Pick<LoadEnvironment, 'isReachable'> = BROWSER,
  wasReachable = false,
): Promise<LoadResult<Code>> {
  for (let reachable = wasReachable; ; reachable = true) {
    try {
      return { loaded: true, code: await load() };
    } catch (cause) {
      const stillReachable = await isReachable();
      // Reachable before this try and after it: then the network is not the cause.
      if (reachable || !stillReachable) return { loaded: false, reachable: stillReachable, cause };
    }
  }
}

/**
 * Loads a part of the app's code. While the server cannot be reached (it restarts, the network is lost) this waits and
 * tries again. Rejects with what `load` threw if the server answers and yet does not have the code.
 */
export async function loadCode<Code>(load: () => Promise<Code>, environment = BROWSER): Promise<Code> {
  for (let wasReachable = false; ; wasReachable = true) {
    const result = await loadWhileReachable(load, environment, wasReachable);
    if (result.loaded) return result.code;
    if (result.reachable) throw result.cause;
    await waitUntilReachable(environment);
  }
}

function onWaiting(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Whether code cannot be loaded at the moment because the server cannot be reached. */
export function useServerAway(): boolean {
  return useSyncExternalStore(onWaiting, () => waiting > 0);
}
