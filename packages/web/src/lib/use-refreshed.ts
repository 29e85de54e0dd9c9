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

/** Loads something now, whenever the page comes into sight, and every `everyMs` while it is. `load` must be stable. */
export function useRefreshed<T>(load: () => Promise<T>, everyMs: number): Refreshed<T> {
  const [state, setState] = useState<Loaded<T>>({ data: undefined, at: undefined, failure: undefined });
  const loadNow = useRef(() => {});

  useEffect(() => {
    let stopped = false;
    let loading = false;
    const refresh = async () => {
      if (loading || document.visibilityState === 'hidden') return;
      loading = true;
      try {
        const data = await load();
        if (!stopped) setState({ data, at: Date.now(), failure: undefined });
      } catch (cause) {
        if (!stopped) setState((last) => ({ ...last, failure: requestFailure(cause) }));
      }
      loading = false;
    };
    loadNow.current = () => void refresh();
    void refresh();
    const timer = setInterval(refresh, everyMs);
    document.addEventListener('visibilitychange', refresh);
    return () => {
      stopped = true;
      clearInterval(timer);
      document.removeEventListener('visibilitychange', refresh);
    };
  }, [load, everyMs]);

  return { ...state, refresh: useCallback(() => loadNow.current(), []) };
}
