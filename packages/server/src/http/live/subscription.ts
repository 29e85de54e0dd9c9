import type { Position } from '@darkroom/protocol';
import type { LoggedEvent } from '../../jobs/hot-jobs.ts';

/** JSON characters of one batch of events: a long history leaves in several, so that little is queued beyond the bound. */
const BATCH_CHARS = 32 * 1024;

/** One job on one connection: a cursor in its log. */
export interface Subscription {
  readonly jobId: string;
  cursor: number;
  epoch: string | undefined;
  /** There may be something new: it waits to be read. */
  dirty: boolean;
  /** The snapshot was sent. */
  greeted: boolean;
  /** What the store answered and was not sent yet. */
  fetched: readonly LoggedEvent[] | undefined;
  /** The queue place last sent. */
  position: number | undefined;
  closed: boolean;
  unwatch: (() => void) | undefined;
}

/** One that reads the job from after `position`; nothing of it was sent yet. */
export const newSubscription = (jobId: string, { seq, epoch }: Position): Subscription => ({
  jobId,
  cursor: seq,
  epoch,
  dirty: false,
  greeted: false,
  fetched: undefined,
  position: undefined,
  closed: false,
  unwatch: undefined,
});

/** The first of these events, as many as one batch takes. */
export function firstBatch(events: readonly LoggedEvent[]): readonly LoggedEvent[] {
  if (events.length < 2) return events;
  let chars = 0;
  const end = events.findIndex(({ json }, index) => {
    chars += json.length;
    return chars > BATCH_CHARS && index > 0;
  });
  return end === -1 ? events : events.slice(0, end);
}
