/** What a page or process tells a client about itself. */
export type EnvironmentSignal = 'online' | 'visible' | 'pagehide' | 'pageshow';

/** The slice of `Storage` that a client uses: what it learnt of the network survives a reload in it. */
export interface KeyValueStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

/** Clock, chance, timers, signals and storage of a client: everything it takes from outside but the network. */
export interface Environment {
  /** Milliseconds since 1970. */
  now(): number;
  /** A number in [0, 1). */
  random(): number;
  /** Calls `callback` once after `delayMs`; returns its undo. */
  setTimer(callback: () => void, delayMs: number): () => void;
  /** Calls `listener` at every signal; returns its undo. */
  listen(listener: (signal: EnvironmentSignal) => void): () => void;
  readonly storage: KeyValueStorage;
}

/** The most that a timer takes; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

function setTimer(callback: () => void, delayMs: number): () => void {
  const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), LONGEST_TIMER_MS));
  return () => clearTimeout(timer);
}

/** Storage that lasts as long as the process. */
export function memoryStorage(): KeyValueStorage {
  const values = new Map<string, string>();
  return { getItem: (key) => values.get(key) ?? null, setItem: (key, value) => void values.set(key, value) };
}

/**
 * A process without a page: no signals, and storage in memory. Its timers hold the process, as the connections do:
 * they exist only while something is watched or asked, and none is left after the last watch ended or was closed.
 */
export function nodeEnvironment(): Environment {
  return { now: Date.now, random: Math.random, setTimer, listen: () => () => {}, storage: memoryStorage() };
}

/** A page: its online, visibility and page-cache events, and `sessionStorage` where the reader allows it. */
export function browserEnvironment(): Environment {
  return { now: Date.now, random: Math.random, setTimer, listen: listenToPage, storage: pageStorage() };
}

/** The environment of wherever this runs. */
export function defaultEnvironment(): Environment {
  return typeof document === 'undefined' ? nodeEnvironment() : browserEnvironment();
}

function listenToPage(listener: (signal: EnvironmentSignal) => void): () => void {
  const listening = new AbortController();
  const { signal } = listening;
  addEventListener('online', () => listener('online'), { signal });
  addEventListener('pagehide', (event) => event.persisted && listener('pagehide'), { signal });
  addEventListener('pageshow', (event) => event.persisted && listener('pageshow'), { signal });
  const seen = () => document.visibilityState === 'visible' && listener('visible');
  document.addEventListener('visibilitychange', seen, { signal });
  return () => listening.abort();
}

/** `sessionStorage`, which throws on access where storage is forbidden, and on writing where it is full. */
function pageStorage(): KeyValueStorage {
  const fallback = memoryStorage();
  const attempt = <T>(use: (storage: KeyValueStorage) => T): T => {
    try {
      return use(sessionStorage);
    } catch {
      return use(fallback);
    }
  };
  return {
    getItem: (key) => attempt((storage) => storage.getItem(key)),
    setItem: (key, value) => attempt((storage) => storage.setItem(key, value)),
  };
}
