import { useDarkroom } from '@darkroom/client/react';
import type { Job } from '@darkroom/protocol';
import { useState } from 'react';
import { t } from '../../i18n/translate.ts';
import { type RequestFailure, requestFailure } from '../../lib/request-failure.ts';
import type { Refreshed } from '../../lib/use-refreshed.ts';
import { moved, type OwnJobs, waits } from './own-jobs.ts';

/** What did not work, and why. */
interface Problem {
  readonly title: string;
  readonly failure: RequestFailure;
}

/** What can be done in the panel; each says how it went, to a screen reader, and what went wrong to everybody. */
export function useQueueActions({ data, refresh }: Refreshed<OwnJobs>) {
  const client = useDarkroom();
  const [said, setSaid] = useState('');
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);

  const act = async (title: string, action: () => Promise<string>) => {
    setBusy(true);
    try {
      setSaid(await action());
      setProblem(undefined);
    } catch (cause) {
      setProblem({ title, failure: requestFailure(cause) });
    }
    setBusy(false);
    refresh();
  };

  const cancel = (job: Job) =>
    act(t('queue.failed.cancel'), async () => {
      await client.cancelJob(job.id);
      return t('queue.cancelled', { prompt: job.prompt });
    });

  const cancelAll = () =>
    act(t('queue.failed.all'), async () => t('queue.cancelledAll', { count: (await client.cancelMyJobs()).length }));

  /** Puts a waiting job at place `to` (from 0) among one's own. */
  const move = (job: Job, to: number) =>
    act(t('queue.failed.move'), async () => {
      const waiting = data?.jobs.filter((other) => waits(other, data)).map(({ id }) => id) ?? [];
      const before = moved(waiting, job.id, to)[to + 1] ?? null;
      const now = await client.moveJob(job.id, before);
      const place = now.findIndex(({ jobId }) => jobId === job.id) + 1;
      return t('queue.moved', { prompt: job.prompt, place, count: now.length });
    });

  return { said, problem, busy, cancel, cancelAll, move };
}
