import { useDarkroom } from '@darkroom/client/react';
import { canCancel } from '@darkroom/protocol';
import { useCallback, useEffect, useRef } from 'react';
import { type Refreshed, useRefreshed } from '../../lib/use-refreshed.ts';
import { type OwnJobs, readOwnJobs } from './own-jobs.ts';

/** Other tabs tell at once, and the socket tells of jobs that are known: this finds what a program has started. */
const REFRESH_MS = 10_000;
const CHANNEL = 'darkroom.own-jobs';

/** One's own active jobs, read anew whenever this tab or another one changed them. */
export function useOwnJobs(): Refreshed<OwnJobs> {
  const client = useDarkroom();
  const load = useCallback(() => readOwnJobs(client), [client]);
  const own = useRefreshed(load, REFRESH_MS);
  const { data, refresh } = own;
  const listed = useRef<string | undefined>(undefined);

  useEffect(() => {
    const channel = new BroadcastChannel(CHANNEL);
    channel.onmessage = refresh;
    return () => channel.close();
  }, [refresh]);

  useEffect(() => {
    const now = data?.jobs.map(({ id }) => id).join();
    const before = listed.current;
    listed.current = now;
    if (before === undefined || now === before) return;
    const channel = new BroadcastChannel(CHANNEL);
    channel.postMessage('changed');
    channel.close();
  }, [data]);

  useEffect(
    () =>
      client.onJob((job) => {
        const known = listed.current?.includes(job.id) ?? false;
        if (known !== canCancel(job)) refresh();
      }),
    [client, refresh],
  );
  return own;
}
