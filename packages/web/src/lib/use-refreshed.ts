import { useCallback, useEffect, useRef, useState } from 'react';
import { type RequestFailure, requestFailure } from './request-failure.ts';

interface Loaded<T> {
  readonly data: T | undefined;
  /** When `data` was loaded (client clock, ms). */
  readonly at: number | undefined;
  /** Why the newest try failed; `data` is then older. */
  readonly failure: RequestFailure | undefined;
}

/** What was loaded last, and whether the newest try failed. */
export interface Refreshed<T> extends Loaded<T> {
  readonly refresh: () => void;
}

/** Runs `task`, one at a time. Asked for again while it runs, it runs once more: it may have missed what was the reason. */
function oneAtATime(task: () => Promise<void>) {
  let running = false;
  let again = false;
  return {
    async run(): Promise<void> {
      again = true;
      if (running) return;
      running = true;
      while (again) {
        again = false;
        await task();
      }
      running = false;
    },
    isRunning: () => running,
  };
}

/** Loads something now, whenever the page comes into sight, and every `everyMs` while it is. `load` must be stable. */
export function useRefreshed<T>(load: () => Promise<T>, everyMs: number): Refreshed<T> {
  const [state, setState] = useState<Loaded<T>>({ data: undefined, at: undefined, failure: undefined });
  const loadNow = useRef(() => {});

  useEffect(() => {
    let stopped = false;
    const loading = oneAtATime(async () => {
      try {
        const data = await load();
        if (!stopped) setState({ data, at: Date.now(), failure: undefined });
      } catch (cause) {
        if (!stopped) setState((last) => ({ ...last, failure: requestFailure(cause) }));
      }
    });
    const refresh = () => {
      if (!stopped && document.visibilityState === 'visible') void loading.run();
    };
    loadNow.current = refresh;
    refresh();
    const timer = setInterval(() => loading.isRunning() || refresh(), everyMs);
    document.addEventListener('visibilitychange', refresh);
    return () => {
      stopped = true;
      clearInterval(timer);
      document.removeEventListener('visibilitychange', refresh);
    };
  }, [load, everyMs]);

  return { ...state, refresh: useCallback(() => loadNow.current(), []) };
}
