import type { Job } from '@darkroom/protocol';
import { isComplete, learnJob } from './job-log.ts';
import { type LinkId, type Loss, linkOf, type Moment, newLane } from './lane.ts';
import { pokePoll, pollAnswered } from './poll-state.ts';
import { ownerOf, receive } from './receive.ts';
import { type Ending, newWatch, type SessionEffect, type SessionInput, type SessionState } from './session-state.ts';
import { failPoll, settle } from './settle.ts';
import { Turn } from './turn.ts';

/** What a step of the session gives: its next state, and what to do, in order. */
export interface SessionStep {
  readonly session: SessionState;
  readonly effects: readonly SessionEffect[];
}

/**
 * The session's one transition: total and pure. Time and chance come in with `moment`; after every step the owner
 * performs the effects in order, and comes back with a `tick` at `nextDeadline`.
 */
export function stepSession(session: SessionState, input: SessionInput, moment: Moment): SessionStep {
  const turn = new Turn(session, moment);
  apply(turn, input);
  settle(turn);
  return { session: turn.session, effects: turn.effects };
}

function apply(turn: Turn, input: SessionInput): void {
  switch (input.type) {
    case 'watch':
      return watch(turn, input.jobId, input.job);
    case 'unwatch':
      return unwatch(turn, input.jobId);
    case 'messages':
      return receive(turn, input.link, input.messages);
    case 'ended':
      return ended(turn, input.link, input.ending);
    case 'tick':
      return undefined;
    case 'online':
      turn.comeOnline();
      return dropSilent(turn);
    case 'visible':
      turn.lookAgain();
      return dropSilent(turn);
    case 'pagehide':
      return turn.patch({ hidden: true });
    case 'pageshow':
      turn.patch({ hidden: false });
      return turn.lookAgain();
    case 'reconnect':
      return reconnect(turn);
    case 'choose-polling':
      return turn.session.memory.chosen === true ? undefined : turn.remember({ chosen: true });
    case 'learn':
      return learn(turn, input.job);
    case 'listen':
      return turn.patch({ listening: input.wanted });
  }
}

function watch(turn: Turn, jobId: string, job: Job | undefined): void {
  if (turn.session.watches.has(jobId)) return;
  const fresh = newWatch(jobId, turn.session.memory, turn.now);
  const log = job === undefined ? fresh.log : learnJob(fresh.log, job);
  turn.patch({ watches: new Map(turn.session.watches).set(jobId, { ...fresh, log }) });
}

function unwatch(turn: Turn, jobId: string): void {
  const gone = turn.session.watches.get(jobId);
  if (gone === undefined) return;
  turn.close(linkOf(gone.stream));
  turn.close(gone.poll.link);
  const link = linkOf(turn.session.socket);
  const subscribed = gone.subscription.at === 'asked' || gone.subscription.at === 'live';
  if (link !== undefined && subscribed && !gone.done)
    turn.effect({ type: 'send', link, message: { type: 'unsubscribe', jobId } });
  const watches = new Map(turn.session.watches);
  watches.delete(jobId);
  turn.patch({ watches });
}

/** A connection that was silent for longer than a heartbeat while the page slept is not waited for. */
function dropSilent(turn: Turn): void {
  const tooLong = 15_000;
  const { socket } = turn.session;
  if (socket.state.at === 'live' && turn.now - socket.state.heardAt > tooLong)
    turn.loseSocket({ kind: 'closed', afterMs: 0 });
  for (const [jobId, { stream }] of turn.session.watches) {
    if (stream.state.at === 'live' && turn.now - stream.state.heardAt > tooLong)
      turn.loseStream(jobId, { kind: 'closed', afterMs: 0 });
  }
}

/** The reader wants the best transport tried now: beside one that works below it, or anew. */
function reconnect(turn: Turn): void {
  const { socket } = turn.session;
  turn.remember({ ws: undefined, sse: undefined, chosen: undefined });
  if (socket.state.at === 'live') {
    turn.close(socket.state.link);
    turn.dropSubscriptions();
    turn.patch({ socket: { ...newLane(), proven: true } });
  } else if (socket.state.at !== 'opening') {
    const state =
      socket.state.at === 'demoted' ? { at: 'demoted' as const, probeAt: turn.now } : { at: 'off' as const };
    turn.patch({ socket: { ...newLane(), proven: socket.proven, cause: socket.cause, state } });
  }
  for (const [jobId, { poll }] of turn.session.watches)
    turn.patchWatch(jobId, { refusal: undefined, poll: pokePoll(poll, turn.now) });
}

function learn(turn: Turn, job: Job): void {
  const known = turn.session.watches.get(job.id);
  if (known === undefined || known.done) return;
  const log = learnJob(known.log, job);
  turn.patchWatch(job.id, { log, done: isComplete(log), poll: pokePoll(known.poll, turn.now) });
}

function ended(turn: Turn, link: LinkId, ending: Ending): void {
  const owner = ownerOf(turn.session, link);
  if (owner === undefined) return;
  if (owner.kind === 'socket') return socketEnded(turn, ending);
  if (ending.kind === 'refused') {
    turn.patchWatch(owner.jobId, { refusal: ending.error });
    return;
  }
  if (owner.kind === 'stream') streamEnded(turn, owner.jobId, ending);
  else pollEnded(turn, owner.jobId, ending);
}

function lossOf(ending: Ending, wasLive: boolean): Loss {
  if (ending.kind === 'stopped') return { kind: 'stopped' };
  const kind = wasLive ? 'closed' : 'failed';
  if (ending.kind === 'done') return { kind, afterMs: ending.afterMs, floorMs: ending.floorMs };
  return ending.kind === 'failed' ? { kind, afterMs: ending.afterMs } : { kind };
}

function socketEnded(turn: Turn, ending: Ending): void {
  const loss = lossOf(ending, turn.session.socket.state.at === 'live');
  if (ending.kind === 'failed') {
    for (const jobId of turn.session.watches.keys()) turn.patchWatch(jobId, { failure: ending.error });
  }
  turn.loseSocket({ ...loss, afterMs: turn.session.byeMs ?? loss.afterMs });
}

function streamEnded(turn: Turn, jobId: string, ending: Ending): void {
  const lane = turn.session.watches.get(jobId)?.stream;
  if (lane === undefined) return;
  if (ending.kind === 'failed') turn.patchWatch(jobId, { failure: ending.error });
  // 204: the log is at its end, yet the end is not known here. A poll tells.
  const loss: Loss = ending.kind === 'gone' ? { kind: 'closed' } : lossOf(ending, lane.state.at === 'live');
  turn.loseStream(jobId, loss);
  if (ending.kind === 'gone') turn.patchWatch(jobId, { outSince: Number.NEGATIVE_INFINITY });
}

function pollEnded(turn: Turn, jobId: string, ending: Ending): void {
  const watched = turn.session.watches.get(jobId);
  if (watched === undefined) return;
  if (ending.kind === 'failed' || ending.kind === 'stopped') {
    failPoll(turn, jobId, ending.error, ending.kind === 'failed' ? ending.afterMs : undefined);
    return;
  }
  const { log, poll } = watched;
  const behind = log.seq < log.head;
  const validator = ending.kind === 'done' ? { etag: ending.etag, etagSeq: log.seq } : {};
  turn.patchWatch(jobId, {
    poll: { ...pollAnswered(poll, behind, turn.now), ...validator },
    failure: undefined,
    lastMessageAt: turn.now,
  });
  if (turn.session.unreachable) turn.comeOnline();
}
