import type { ApiError, ServerMessage } from '@darkroom/protocol';
import { TIMING } from '../timing.ts';
import { backoffMs } from './backoff.ts';
import { isComplete, resetLog, type Taken, takeEvents, takeQueuePlace, takeSnapshot } from './job-log.ts';
import { beat, deliver, greet, hear, type LinkId, linkOf } from './lane.ts';
import type { SessionState, WatchSession } from './session-state.ts';
import { subscribe } from './settle.ts';
import type { Turn } from './turn.ts';

/** Whose connection it is: the page's socket, or one watch's stream or poll. */
export type LinkOwner =
  | { readonly kind: 'socket' }
  | { readonly kind: 'stream' | 'poll'; readonly jobId: string; readonly watch: WatchSession };

/** Resubscriptions in a row, without an event, after which a socket is taken to be broken. */
const MAX_RESYNCS = 3;

/** Who owns a connection; undefined once it was closed: what arrives late on it is nobody's. */
export function ownerOf(session: SessionState, link: LinkId): LinkOwner | undefined {
  if (linkOf(session.socket) === link) return { kind: 'socket' };
  for (const [jobId, watch] of session.watches) {
    if (linkOf(watch.stream) === link) return { kind: 'stream', jobId, watch };
    if (watch.poll.link === link) return { kind: 'poll', jobId, watch };
  }
  return undefined;
}

/** Takes what arrived on a connection, message by message, until it is closed by one of them. */
export function receive(turn: Turn, link: LinkId, messages: readonly ServerMessage[]): void {
  heard(turn, link);
  for (const message of messages) {
    const owner = ownerOf(turn.session, link);
    if (owner?.kind === 'socket') receiveOnSocket(turn, link, message);
    else if (owner !== undefined) receiveForJob(turn, owner.jobId, message, owner.kind);
  }
}

function heard(turn: Turn, link: LinkId): void {
  const owner = ownerOf(turn.session, link);
  if (owner?.kind === 'socket') turn.patch({ socket: hear(turn.session.socket, turn.now) });
  if (owner?.kind !== 'stream') return;
  turn.patchWatch(owner.jobId, { stream: hear(owner.watch.stream, turn.now), lastMessageAt: turn.now });
}

function receiveOnSocket(turn: Turn, link: LinkId, message: ServerMessage): void {
  const { session, now } = turn;
  switch (message.type) {
    case 'hello':
      turn.patch({
        socket: beat(greet(session.socket, now), message.now, now),
        maxSubscriptions: message.maxSubscriptions,
      });
      if (session.memory.ws !== undefined) turn.remember({ ws: undefined });
      if (session.listening) turn.effect({ type: 'tell', conversationId: undefined });
      return;
    case 'ping':
      turn.effect({ type: 'send', link, message: { type: 'pong' } });
      turn.patch({ socket: beat(session.socket, message.now, now) });
      heartbeat(turn);
      return;
    case 'bye':
      turn.patch({ byeMs: message.afterMs });
      return;
    case 'conversation':
      turn.effect({ type: 'tell', conversationId: message.conversationId });
      return;
    case 'pong':
      return;
    case 'event':
      receiveForJob(turn, message.event.jobId, message, 'socket');
      return;
    default:
      if (message.jobId !== undefined) receiveForJob(turn, message.jobId, message, 'socket');
  }
}

/** Everybody on the socket was heard of; who stays behind although nothing comes asks again (a missed last event). */
function heartbeat(turn: Turn): void {
  for (const [jobId, watch] of turn.session.watches) {
    if (watch.subscription.at !== 'live') continue;
    checkBehind(turn, jobId, 'socket');
    turn.patchWatch(jobId, { lastMessageAt: turn.now });
  }
}

function checkBehind(turn: Turn, jobId: string, source: LinkOwner['kind']): void {
  const watch = turn.session.watches.get(jobId);
  if (watch === undefined) return;
  const behind = watch.log.seq < watch.log.head;
  if (behind && watch.behind) resync(turn, jobId, source);
  turn.patchWatch(jobId, { behind });
}

function receiveForJob(turn: Turn, jobId: string, message: ServerMessage, source: LinkOwner['kind']): void {
  const watch = turn.patchWatch(jobId, { lastMessageAt: turn.now });
  if (watch === undefined || watch.done) return;
  switch (message.type) {
    case 'subscribed':
      takeOver(turn, jobId, source);
      taken(turn, jobId, takeSnapshot(watch.log, message), source);
      return;
    case 'reset':
      takeOver(turn, jobId, source);
      taken(turn, jobId, { log: resetLog(watch.log, message), taken: 'new' }, source);
      return;
    case 'event':
      takeDurable(turn, watch, [message.event], source);
      return;
    case 'events':
      takeDurable(turn, watch, message.events, source);
      return;
    case 'queue':
      takeQueue(turn, watch, {
        position: message.position,
        ...(message.etaMs !== undefined && { etaMs: message.etaMs }),
      });
      return;
    case 'end':
      takeEnd(turn, watch, message.head, source);
      return;
    case 'error':
      takeError(turn, watch, message.error, source);
      return;
    case 'ping':
      turn.patchWatch(jobId, { stream: beat(watch.stream, message.now, turn.now) });
      checkBehind(turn, jobId, source);
      return;
    case 'bye':
      if (source === 'stream') turn.loseStream(jobId, byeLoss(watch, message.afterMs));
      return;
    default:
  }
}

function byeLoss(watch: WatchSession, afterMs: number): { kind: 'failed' | 'closed'; afterMs: number } {
  return { kind: watch.stream.state.at === 'live' ? 'closed' : 'failed', afterMs };
}

/** The connection answered for this job: it is the one in service now, and what lies below it may close (rule C7). */
function takeOver(turn: Turn, jobId: string, source: LinkOwner['kind']): void {
  const watch = turn.session.watches.get(jobId);
  if (watch === undefined) return;
  if (source === 'stream') {
    turn.patchWatch(jobId, { stream: greet(watch.stream, turn.now), everLive: true });
    if (turn.session.memory.sse !== undefined) turn.remember({ sse: undefined });
  }
  if (source !== 'socket') return;
  const resyncs = watch.subscription.at === 'live' ? watch.subscription.resyncs : 0;
  turn.patchWatch(jobId, { subscription: { at: 'live', resyncs, waiting: false }, everLive: true });
}

/** Puts a changed log into its watch, with what follows from it. */
function taken(
  turn: Turn,
  jobId: string,
  step: { log: WatchSession['log']; taken: Taken },
  source: LinkOwner['kind'],
): void {
  const watch = turn.patchWatch(jobId, { log: step.log, done: isComplete(step.log) });
  if (watch === undefined) return;
  if (source === 'poll' && step.taken === 'new') turn.patchWatch(jobId, { poll: { ...watch.poll, news: true } });
  if (step.taken === 'gap') resync(turn, jobId, source);
}

function takeDurable(
  turn: Turn,
  watch: WatchSession,
  events: Parameters<typeof takeEvents>[1],
  source: LinkOwner['kind'],
): void {
  const step = takeEvents(watch.log, events);
  const { jobId } = watch.log;
  if (step.log !== watch.log) {
    if (source === 'socket') turn.patch({ socket: deliver(turn.session.socket) });
    const stream = source === 'stream' ? deliver(watch.stream) : watch.stream;
    const { subscription } = watch;
    const settled = subscription.at === 'live' ? { ...subscription, resyncs: 0 } : subscription;
    turn.patchWatch(jobId, { stream, subscription: settled, behind: false });
  }
  taken(turn, jobId, step, source);
}

function takeQueue(turn: Turn, watch: WatchSession, queue: NonNullable<WatchSession['log']['queue']>): void {
  const known = watch.log.queue;
  if (known?.position === queue.position && known.etaMs === queue.etaMs) return;
  const moved = known?.position !== queue.position;
  turn.patchWatch(watch.log.jobId, {
    log: takeQueuePlace(watch.log, queue),
    poll: { ...watch.poll, news: watch.poll.news || moved },
  });
}

/** The server says that this was all, yet the watch is not done: an end is never taken on trust, the rest is asked for. */
function takeEnd(turn: Turn, watch: WatchSession, end: number, source: LinkOwner['kind']): void {
  const head = Math.max(watch.log.head, end);
  turn.patchWatch(watch.log.jobId, { log: { ...watch.log, head } });
  resync(turn, watch.log.jobId, source);
}

/** Something is missing: the job is asked for again, from after the cursor. A poll does so in any case. */
function resync(turn: Turn, jobId: string, source: LinkOwner['kind']): void {
  const watch = turn.session.watches.get(jobId);
  if (watch === undefined || watch.done) return;
  if (source === 'stream') turn.loseStream(jobId, { kind: 'closed' });
  if (watch.subscription.at !== 'live' || watch.subscription.waiting) return;
  const resyncs = watch.subscription.resyncs + 1;
  if (resyncs > MAX_RESYNCS) {
    turn.loseSocket({ kind: 'closed' });
    return;
  }
  subscribe(turn, watch);
  turn.patchWatch(jobId, { subscription: { at: 'live', resyncs, waiting: true } });
}

/** The server refuses this job: for good, or (too many subscriptions, trouble that passes) on this socket for now. */
function takeError(turn: Turn, watch: WatchSession, error: ApiError, source: LinkOwner['kind']): void {
  const passing = error.retryable || error.code === 'TOO_MANY_SUBSCRIPTIONS';
  const { jobId } = watch.log;
  if (!passing) {
    turn.patchWatch(jobId, { refusal: error });
    return;
  }
  turn.patchWatch(jobId, { failure: error });
  if (source !== 'socket') return;
  const wait = TIMING.provenMs + backoffMs(1, turn.moment.random);
  const outSince = watch.subscription.at === 'live' ? turn.now : watch.outSince;
  turn.patchWatch(jobId, { subscription: { at: 'declined', until: turn.now + wait }, outSince });
}
