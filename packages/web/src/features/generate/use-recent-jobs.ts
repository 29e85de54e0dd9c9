import { useDarkroom } from '@darkroom/client/react';
import { canCancel, type Job } from '@darkroom/protocol';
import { useEffect, useState } from 'react';

const RECENT = 5;
const REFRESH_MS = 4_000;

/** The newest jobs; asked for again while one of them is under way and the page is looked at. */
export function useRecentJobs(): { readonly jobs: readonly Job[] | undefined; readonly failed: boolean } {
  const client = useDarkroom();
  const [jobs, setJobs] = useState<readonly Job[]>();
  const [failed, setFailed] = useState(false);

  useEffect(() => {
    let stopped = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = async () => {
      clearTimeout(timer);
      let again = true;
      try {
        const page = await client.listJobs({ limit: RECENT });
        if (stopped) return;
        setJobs(page.jobs);
        setFailed(false);
        again = page.jobs.some(canCancel);
      } catch {
        if (!stopped) setFailed(true);
      }
      if (again && !stopped && document.visibilityState === 'visible') timer = setTimeout(load, REFRESH_MS);
    };
    const loadWhenSeen = () => {
      if (document.visibilityState === 'visible') void load();
    };
    void load();
    document.addEventListener('visibilitychange', loadWhenSeen);
    return () => {
      stopped = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', loadWhenSeen);
    };
  }, [client]);

  return { jobs, failed };
}
