import { TIMING } from '../timing.ts';
import { askedMs, backoffMs } from './backoff.ts';
import type { LinkId, Moment } from './lane.ts';

/** The polling of one job: rule C6. */
export interface PollState {
  /** The request under way. */
  readonly link: LinkId | undefined;
  /** When it was sent. */
  readonly since: number;
  /** When the next one is due. */
  readonly nextAt: number;
  readonly intervalMs: number;
  /** Requests in a row that failed. */
  readonly failures: number;
  /** Whether the last answer was one. */
  readonly answered: boolean;
  /** Ask again at once when the request under way is answered. */
  readonly again: boolean;
  /** Whether the request under way brought something new. */
  readonly news: boolean;
  /** Validator of the last answer, and the `seq` at which it may be used. */
  readonly etag: string | undefined;
  readonly etagSeq: number;
}

/** A polling that starts at once when it is wanted. */
export function newPoll(): PollState {
  return {
    link: undefined,
    since: 0,
    nextAt: 0,
    intervalMs: TIMING.pollMinMs,
    failures: 0,
    answered: false,
    again: false,
    news: false,
    etag: undefined,
    etagSeq: 0,
  };
}

/** The polling with a request under way. */
export function sendPoll(poll: PollState, link: LinkId, now: number): PollState {
  return { ...poll, link, since: now, again: false, news: false };
}

/** The polling after its request was answered whole. `behind`: the server has more than what was taken. */
export function pollAnswered(poll: PollState, behind: boolean, now: number): PollState {
  // The first answer came at once: only those after a wait show that the wait was too short.
  const growth = poll.answered ? TIMING.pollGrowth : 1;
  const grown = Math.min(TIMING.pollMaxMs, Math.round(poll.intervalMs * growth));
  const intervalMs = poll.news || poll.again ? TIMING.pollMinMs : grown;
  const atOnce = poll.again || (behind && poll.news);
  return {
    ...poll,
    link: undefined,
    intervalMs,
    nextAt: atOnce ? now : now + intervalMs,
    failures: 0,
    answered: true,
    again: false,
  };
}

/** The polling after a request failed; a server may have said when to come back. */
export function pollFailed(poll: PollState, afterMs: number | undefined, { now, random }: Moment): PollState {
  const failures = poll.failures + 1;
  const wait = afterMs === undefined ? backoffMs(failures, random) : askedMs(afterMs);
  return { ...poll, link: undefined, failures, nextAt: now + wait, answered: false, again: false };
}

/** The polling asked to look now, at its quickest cadence. */
export function pokePoll(poll: PollState, now: number): PollState {
  const again = poll.link !== undefined;
  return { ...poll, again, intervalMs: TIMING.pollMinMs, nextAt: Math.min(poll.nextAt, now) };
}
