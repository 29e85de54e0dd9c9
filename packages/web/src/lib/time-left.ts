import type { ProgressEvent } from '@darkroom/protocol';

/** Below this nobody can tell how long the rest will take. */
const LEAST_PERCENT = 5;

/** How long a running attempt will still take, in ms, if it goes on at its pace; undefined when that cannot be told yet. */
export function timeLeft(events: readonly ProgressEvent[]): number | undefined {
  const last = events.at(-1);
  if (last?.stage !== 'running' || last.percent === undefined || last.percent < LEAST_PERCENT) return undefined;
  // What it waited at its backend, or for a next try, says nothing of its pace.
  const before = events.findLastIndex(({ stage, notice }) => stage !== 'running' || notice !== undefined);
  const start = events[before + 1];
  if (start === undefined || start === last) return undefined;
  const done = last.percent - (start.percent ?? 0);
  if (done <= 0) return undefined;
  return ((Date.parse(last.ts) - Date.parse(start.ts)) / done) * (100 - last.percent);
}
