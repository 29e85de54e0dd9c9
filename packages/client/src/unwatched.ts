import { TIMING } from './timing.ts';
import type { WatchState } from './watch-state.ts';

/** What is shown of a job that nothing is known of, and that nobody watches yet. */
export const UNWATCHED: WatchState = Object.freeze({
  job: undefined,
  events: Object.freeze([]),
  queue: undefined,
  phase: 'loading',
  mode: 'ws',
  demotion: undefined,
  pollIntervalMs: TIMING.pollMinMs,
  reconnectAttempt: 0,
  retryAt: undefined,
  lastMessageAt: undefined,
  error: undefined,
});
