import type { TransportMode } from '@darkroom/protocol';
import type { DemotionReason, WatchPhase, WatchState } from '../watch-state.ts';
import { isBelow, isFresh, type Lane } from './lane.ts';
import { isLive, pollFrom, type SessionState, type WatchSession } from './session-state.ts';

/** The public state of a watch, read off the session. Equal inputs give the very object `last`. */
export function viewWatch(session: SessionState, watch: WatchSession, now: number, last?: WatchState): WatchState {
  const phase = phaseOf(session, watch);
  const mode = modeOf(session, watch, phase);
  const connected = phase === 'live' || phase === 'polling' || phase === 'ended';
  const view: WatchState = {
    job: watch.log.job,
    events: watch.log.events,
    queue: watch.log.queue,
    phase,
    mode,
    demotion: mode === 'ws' ? undefined : demotionOf(session),
    pollIntervalMs: watch.poll.intervalMs,
    reconnectAttempt: connected ? 0 : Math.max(lane(session, watch).attempt, watch.poll.failures),
    retryAt: phase === 'reconnecting' ? retryAt(session, watch, now) : undefined,
    lastMessageAt: watch.lastMessageAt,
    error: watch.refusal ?? watch.failure,
  };
  return last !== undefined && same(view, last) ? last : view;
}

function same(a: WatchState, b: WatchState): boolean {
  return (
    a.job === b.job &&
    a.events === b.events &&
    a.queue === b.queue &&
    a.phase === b.phase &&
    a.mode === b.mode &&
    a.demotion === b.demotion &&
    a.pollIntervalMs === b.pollIntervalMs &&
    a.reconnectAttempt === b.reconnectAttempt &&
    a.retryAt === b.retryAt &&
    a.lastMessageAt === b.lastMessageAt &&
    a.error === b.error
  );
}

/** The live lane that matters to the watch: the socket, or its stream once the socket is given up. */
function lane(session: SessionState, watch: WatchSession): Lane {
  return isBelow(session.socket) ? watch.stream : session.socket;
}

function phaseOf(session: SessionState, watch: WatchSession): WatchPhase {
  if (watch.refusal !== undefined) return 'refused';
  if (watch.done) return 'ended';
  if (isLive(watch) && session.memory.chosen !== true) return 'live';
  const known = watch.log.job !== undefined;
  if (isPolling(session, watch)) return known ? 'polling' : 'loading';
  if (watch.everLive || watch.poll.failures > 0 || lane(session, watch).attempt > 0) return 'reconnecting';
  return known ? 'connecting' : 'loading';
}

/** Polling is what delivers: it is chosen, or all else is given up, or it bridges until a lost connection is back. */
function isPolling(session: SessionState, watch: WatchSession): boolean {
  if (pollFrom(session, watch) === undefined || watch.poll.failures > 0) return false;
  if (session.memory.chosen === true) return true;
  const upper = lane(session, watch);
  if (isFresh(upper)) return false;
  return isBelow(upper) || watch.poll.answered;
}

function modeOf(session: SessionState, watch: WatchSession, phase: WatchPhase): TransportMode {
  if (session.memory.chosen === true || phase === 'polling') return 'poll';
  if (watch.subscription.at === 'live') return 'ws';
  if (watch.stream.state.at === 'live') return 'sse';
  if (!isBelow(session.socket)) return 'ws';
  return isBelow(watch.stream) ? 'poll' : 'sse';
}

function demotionOf(session: SessionState): DemotionReason {
  if (session.memory.chosen === true) return 'chosen';
  return session.socket.cause ?? (session.socket.proven ? 'lost' : 'blocked');
}

function retryAt(session: SessionState, watch: WatchSession, now: number): number | undefined {
  const upper = lane(session, watch).state;
  if (upper.at === 'opening' && !upper.probe) return undefined;
  const times = upper.at === 'waiting' ? [upper.until] : [];
  if (watch.poll.failures > 0 && watch.poll.link === undefined) times.push(watch.poll.nextAt);
  const next = Math.min(...times.filter((at) => at > now));
  return Number.isFinite(next) ? next : undefined;
}
