import { useDarkroom } from '@darkroom/client/react';
import type { Job } from '@darkroom/protocol';
import { useCallback, useEffect, useRef, useState } from 'react';
import { type RequestFailure, requestFailure } from '../../lib/request-failure.ts';

const PAGE = 24;

interface History {
  readonly jobs: readonly Job[];
  /** Where the next page begins; null: there is none. Undefined: nothing was loaded yet. */
  readonly cursor: string | null | undefined;
}

const NOTHING: History = { jobs: [], cursor: undefined };

/** Pages added one below the other; a job that moved between two requests is shown once. */
function joined(known: readonly Job[], added: readonly Job[]): readonly Job[] {
  const ids = new Set(known.map((job) => job.id));
  return [...known, ...added.filter((job) => !ids.has(job.id))];
}

/** Every job, loaded page by page. */
export function useHistory() {
  const client = useDarkroom();
  const [history, setHistory] = useState(NOTHING);
  const [loading, setLoading] = useState(true);
  const [failure, setFailure] = useState<RequestFailure>();
  const latest = useRef(0);

  const load = useCallback(
    async (cursor: string | undefined) => {
      const turn = ++latest.current;
      setLoading(true);
      setFailure(undefined);
      try {
        const page = await client.listJobs({ limit: PAGE, cursor });
        if (turn !== latest.current) return;
        setHistory(({ jobs }) => ({
          jobs: cursor === undefined ? page.jobs : joined(jobs, page.jobs),
          cursor: page.nextCursor,
        }));
      } catch (cause) {
        if (turn === latest.current) setFailure(requestFailure(cause));
      }
      if (turn === latest.current) setLoading(false);
    },
    [client],
  );

  useEffect(() => void load(undefined), [load]);

  return { ...history, loading, failure, loadMore: () => load(history.cursor ?? undefined) };
}
