import type { ProgressEvent, TransportMode } from '@darkroom/protocol';
import { READ } from './transports.ts';

/** Events that a wandering watcher reads before it goes to its next transport. */
const STAY = 7;

export interface WatcherPlan {
  readonly url: string;
  readonly jobId: string;
  /** One: the watcher stays. Several: it changes again and again, and takes up where it stood. */
  readonly transports: readonly TransportMode[];
}

/** Watches a job to its end and answers its last event. Throws when one is missing, repeated or out of order. */
export async function watch({ url, jobId, transports }: WatcherPlan): Promise<ProgressEvent> {
  let last: ProgressEvent | undefined;
  for (let turn = 0; ; turn++) {
    const transport = transports[turn % transports.length] ?? 'ws';
    let left = transports.length > 1 ? STAY : Number.POSITIVE_INFINITY;
    const take = (event: ProgressEvent) => {
      const wanted = (last?.seq ?? 0) + 1;
      if (event.seq !== wanted || event.jobId !== jobId)
        throw new Error(`${transport}: got ${event.id} where ${jobId}.${wanted} was due`);
      last = event;
      return --left > 0;
    };
    const outcome = await READ[transport]({ url, jobId, afterSeq: last?.seq ?? 0, take });
    if (outcome === 'ended' && last !== undefined) return last;
  }
}
