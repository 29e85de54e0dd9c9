import { TIMING } from '../timing.ts';

/** The wait before try `attempt` (from 1), with `random` in [0, 1): rule C5. */
export function backoffMs(attempt: number, random: number): number {
  const span = Math.min(TIMING.backoffCapMs, TIMING.backoffSpanMs * 2 ** Math.min(attempt - 1, 16));
  return TIMING.backoffFloorMs + Math.floor(random * span);
}

/** A wait that a server asked for, within bounds: neither negative nor beyond what a timer can hold. */
export function askedMs(ms: number): number {
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), TIMING.maxAskedMs) : TIMING.maxAskedMs;
}
