import { TIMING } from '../timing.ts';
import { hasten, isBelow, type Lane, type LinkId, type Loss, linkOf, loseLane, type Moment } from './lane.ts';
import type { Memory, SessionEffect, SessionState, WatchSession } from './session-state.ts';

/** One step of the session being made: the new state and the effects so far. Lives only as long as the step. */
export class Turn {
  session: SessionState;
  readonly moment: Moment;
  readonly effects: SessionEffect[] = [];

  constructor(session: SessionState, moment: Moment) {
    this.session = session;
    this.moment = moment;
  }

  /** The time of this step. */
  get now(): number {
    return this.moment.now;
  }

  effect(effect: SessionEffect): void {
    this.effects.push(effect);
  }

  /** Changes the session. */
  patch(patch: Partial<SessionState>): void {
    this.session = { ...this.session, ...patch };
  }

  /** Changes a watch; of one that is gone, nothing. Returns it as it is now. */
  patchWatch(jobId: string, patch: Partial<WatchSession>): WatchSession | undefined {
    const watch = this.session.watches.get(jobId);
    if (watch === undefined) return undefined;
    const patched = { ...watch, ...patch };
    this.patch({ watches: new Map(this.session.watches).set(jobId, patched) });
    return patched;
  }

  /** A name for a new connection. */
  newLink(): LinkId {
    const link = this.session.nextLink;
    this.patch({ nextLink: link + 1 });
    return link;
  }

  /** Closes a connection, if there is one. */
  close(link: LinkId | undefined): void {
    if (link !== undefined) this.effect({ type: 'close', link });
  }

  /** Changes what outlives the session. */
  remember(patch: Memory): void {
    const memory = { ...this.session.memory, ...patch };
    this.patch({ memory });
    this.effect({ type: 'remember', memory });
  }

  /** The page's socket is lost: no watch is subscribed any more. */
  loseSocket(loss: Loss): void {
    const before = this.session.socket;
    this.close(linkOf(before));
    const socket = loseLane(before, loss, this.moment);
    this.patch({ socket, byeMs: undefined });
    this.dropSubscriptions();
    if (socket.state.at === 'demoted') this.remember({ ws: this.now + TIMING.demotionMs });
  }

  /** Forgets every subscription; the socket that had them is gone. */
  dropSubscriptions(): void {
    for (const [jobId, watch] of this.session.watches) {
      if (watch.subscription.at === 'none') continue;
      const outSince = watch.subscription.at === 'live' ? this.now : watch.outSince;
      this.patchWatch(jobId, { subscription: { at: 'none' }, outSince });
    }
  }

  /** A job's stream is lost. */
  loseStream(jobId: string, loss: Loss): void {
    const watch = this.session.watches.get(jobId);
    if (watch === undefined) return;
    this.close(linkOf(watch.stream));
    const stream = loseLane(watch.stream, loss, this.moment);
    const outSince = watch.stream.state.at === 'live' ? this.now : watch.outSince;
    this.patchWatch(jobId, { stream, outSince });
    if (stream.state.at === 'demoted') this.remember({ sse: this.now + TIMING.demotionMs });
  }

  /** Rule C8: the network is another one, perhaps. What was learnt of the old one is forgotten, and all is tried now. */
  comeOnline(): void {
    const { memory } = this.session;
    if (memory.ws !== undefined || memory.sse !== undefined) this.remember({ ws: undefined, sse: undefined });
    this.lookAgain();
  }

  /** Rule C7: everything that waits for its time is tried now. */
  lookAgain(): void {
    this.patch({ socket: hasten(this.session.socket, this.now), unreachable: false });
    const socketBelow = isBelow(this.session.socket);
    for (const [jobId, watch] of this.session.watches) {
      const stream: Lane = socketBelow ? hasten(watch.stream, this.now) : watch.stream;
      this.patchWatch(jobId, { stream, poll: { ...watch.poll, nextAt: Math.min(watch.poll.nextAt, this.now) } });
    }
  }
}
