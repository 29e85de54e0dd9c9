import { apiError } from '@darkroom/protocol';
import { TIMING } from '../timing.ts';
import { grace, type Lane, laneDue, linkOf, openLane, overdue, rest, shouldOpen } from './lane.ts';
import { newPoll, pollFailed, sendPoll } from './poll-state.ts';
import {
  isActive,
  pollFrom,
  type ReadPosition,
  type SessionState,
  type WatchSession,
  wantsSocket,
  wantsStream,
} from './session-state.ts';
import type { Turn } from './turn.ts';

/**
 * Brings what is open in line with what is wanted now: from the socket down to the pollings, since each depends on
 * those above it. Every step of the session ends with this.
 */
export function settle(turn: Turn): void {
  settleSocket(turn);
  for (const jobId of turn.session.watches.keys()) {
    settleSubscription(turn, jobId);
    settleStream(turn, jobId);
    settlePoll(turn, jobId);
  }
}

/** When time alone will change the session next (client clock, ms). */
export function nextDeadline(session: SessionState): number | undefined {
  const due = wantsSocket(session) ? [laneDue(session.socket)] : [];
  for (const watch of session.watches.values()) {
    if (!isActive(watch)) continue;
    if (watch.subscription.at === 'declined' && session.socket.state.at === 'live') due.push(watch.subscription.until);
    if (wantsStream(session, watch)) due.push(laneDue(watch.stream));
    due.push(pollDue(watch, pollFrom(session, watch)));
  }
  const times = due.filter((at) => at !== undefined);
  return times.length === 0 ? undefined : Math.min(...times);
}

function pollDue({ poll }: WatchSession, from: number | undefined): number | undefined {
  if (poll.link !== undefined) return poll.since + TIMING.pollTimeoutMs;
  return from === undefined ? undefined : Math.max(from, poll.nextAt);
}

function settleSocket(turn: Turn): void {
  if (!wantsSocket(turn.session)) {
    turn.close(linkOf(turn.session.socket));
    turn.patch({ socket: rest(turn.session.socket, turn.now), byeMs: undefined });
    turn.dropSubscriptions();
    return;
  }
  const due = overdue(turn.session.socket, turn.now);
  if (due === 'grace') turn.patch({ socket: grace(turn.session.socket, turn.now) });
  else if (due !== undefined) turn.loseSocket({ ...due, afterMs: turn.session.byeMs });
  if (!shouldOpen(turn.session.socket, turn.now)) return;
  const link = turn.newLink();
  turn.patch({ socket: openLane(turn.session.socket, link, turn.now) });
  turn.effect({ type: 'open-socket', link });
}

function settleSubscription(turn: Turn, jobId: string): void {
  const { session } = turn;
  const watch = session.watches.get(jobId);
  const { state } = session.socket;
  if (watch === undefined || !isActive(watch) || state.at !== 'live') return;
  const { subscription } = watch;
  const ready = subscription.at === 'none' || (subscription.at === 'declined' && subscription.until <= turn.now);
  if (!ready || countSubscriptions(session) >= session.maxSubscriptions) return;
  subscribe(turn, watch);
  turn.patchWatch(jobId, { subscription: { at: 'asked' } });
}

/** Asks for a job on the live socket, from after its cursor. */
export function subscribe(turn: Turn, watch: WatchSession): void {
  const link = linkOf(turn.session.socket);
  if (link === undefined) return;
  const { jobId, seq, epoch } = watch.log;
  const message = { type: 'subscribe' as const, jobId, afterSeq: seq, ...(epoch !== undefined && { epoch }) };
  turn.effect({ type: 'send', link, message });
}

function countSubscriptions(session: SessionState): number {
  let count = 0;
  for (const { subscription, done } of session.watches.values()) {
    if (done) continue;
    if (subscription.at === 'asked' || subscription.at === 'live') count += 1;
  }
  return count;
}

function settleStream(turn: Turn, jobId: string): void {
  const watch = turn.session.watches.get(jobId);
  if (watch === undefined) return;
  if (!wantsStream(turn.session, watch)) {
    if (watch.stream.state.at === 'off' || watch.stream.state.at === 'demoted') return;
    turn.close(linkOf(watch.stream));
    const outSince = watch.stream.state.at === 'live' ? turn.now : watch.outSince;
    turn.patchWatch(jobId, { stream: rest(watch.stream, turn.now), outSince });
    return;
  }
  const due = overdue(watch.stream, turn.now);
  if (due === 'grace') turn.patchWatch(jobId, { stream: grace(watch.stream, turn.now) });
  else if (due !== undefined) turn.loseStream(jobId, due);
  openStream(turn, jobId);
}

function openStream(turn: Turn, jobId: string): void {
  const watch = turn.session.watches.get(jobId);
  if (watch === undefined || !shouldOpen(watch.stream, turn.now)) return;
  const link = turn.newLink();
  const stream: Lane = openLane(watch.stream, link, turn.now);
  turn.patchWatch(jobId, { stream });
  turn.effect({ type: 'open-stream', link, ...positionOf(watch) });
}

function settlePoll(turn: Turn, jobId: string): void {
  const watch = turn.session.watches.get(jobId);
  if (watch === undefined) return;
  const from = pollFrom(turn.session, watch);
  if (from === undefined) {
    if (watch.poll.nextAt === 0 && watch.poll.link === undefined) return;
    turn.close(watch.poll.link);
    turn.patchWatch(jobId, { poll: newPoll() });
    return;
  }
  const due = pollDue(watch, from);
  if (due === undefined || due > turn.now) return;
  if (watch.poll.link !== undefined) {
    turn.close(watch.poll.link);
    failPoll(turn, jobId);
    return;
  }
  sendNextPoll(turn, watch);
}

/** The polling's request failed, for want of a network if nothing else is said. */
export function failPoll(turn: Turn, jobId: string, error = apiError('NETWORK_DISCONNECTED'), afterMs?: number): void {
  const watch = turn.session.watches.get(jobId);
  if (watch === undefined) return;
  const poll = pollFailed(watch.poll, afterMs, turn.moment);
  turn.patchWatch(jobId, { poll, failure: error });
  if (error.code === 'NETWORK_DISCONNECTED') turn.patch({ unreachable: true });
}

function sendNextPoll(turn: Turn, watch: WatchSession): void {
  const link = turn.newLink();
  const { poll, log } = watch;
  const etag = poll.etagSeq === log.seq && log.seq === log.head ? poll.etag : undefined;
  turn.patchWatch(log.jobId, { poll: sendPoll(poll, link, turn.now) });
  turn.effect({ type: 'poll', link, etag, ...positionOf(watch) });
}

function positionOf({ log }: WatchSession): ReadPosition {
  return { jobId: log.jobId, after: log.seq, epoch: log.epoch };
}
