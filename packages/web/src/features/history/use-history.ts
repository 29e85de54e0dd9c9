import { useDarkroom } from '@darkroom/client/react';
import type { Job } from '@darkroom/protocol';
import { useCallback, useEffect, useState } from 'react';
import { type RequestFailure, requestFailure } from '../../lib/request-failure.ts';
import { useRefreshed } from '../../lib/use-refreshed.ts';
import { type History, withNewest, withOlder } from './history-pages.ts';

const PAGE = 24;
const REFRESH_MS = 10_000;

const NOTHING: History = { jobs: [], cursor: undefined };

interface LoadedHistory extends History {
  readonly jobs: readonly Job[];
  readonly loading: boolean;
  readonly failure: RequestFailure | undefined;
  /** Loads the next page; the first one again, if that failed. */
  readonly loadMore: () => void;
}

/** Every job, loaded page by page; the newest page is kept fresh. */
export function useHistory(): LoadedHistory {
  const client = useDarkroom();
  const [history, setHistory] = useState(NOTHING);
  const [loadingMore, setLoadingMore] = useState(false);
  const [moreFailure, setMoreFailure] = useState<RequestFailure>();
  const newest = useRefreshed(
    useCallback(() => client.listJobs({ limit: PAGE }), [client]),
    REFRESH_MS,
  );
  const { data } = newest;
  const { cursor } = history;
  const began = cursor !== undefined;

  useEffect(() => {
    if (data !== undefined) setHistory((known) => withNewest(known, data));
  }, [data]);

  const loadOlder = async (from: string) => {
    setLoadingMore(true);
    setMoreFailure(undefined);
    try {
      const page = await client.listJobs({ limit: PAGE, cursor: from });
      // Meanwhile the pages may have begun anew: then this one no longer follows on.
      setHistory((known) => (known.cursor === from ? withOlder(known, page) : known));
    } catch (cause) {
      setMoreFailure(requestFailure(cause));
    }
    setLoadingMore(false);
  };

  return {
    ...history,
    loading: began ? loadingMore : newest.failure === undefined,
    // Once there is something to see, a refresh that failed is simply made up for by the next.
    failure: began ? moreFailure : newest.failure,
    loadMore: () => (typeof cursor === 'string' ? void loadOlder(cursor) : newest.refresh()),
  };
}
