import { useCallback, useEffect, useState } from 'react';
import { type Endpoint, endpointsOf } from './openapi.ts';

/** The endpoints from the server's OpenAPI document. */
export function useEndpoints() {
  const [endpoints, setEndpoints] = useState<readonly Endpoint[]>();
  const [failed, setFailed] = useState(false);

  const load = useCallback(async (signal?: AbortSignal) => {
    setFailed(false);
    try {
      const answer = await fetch('/api/openapi.json', signal === undefined ? {} : { signal });
      if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
      setEndpoints(endpointsOf(await answer.json()));
    } catch {
      if (signal?.aborted !== true) setFailed(true);
    }
  }, []);

  useEffect(() => {
    const stop = new AbortController();
    void load(stop.signal);
    return () => stop.abort();
  }, [load]);

  return { endpoints, failed, retry: () => void load() };
}
