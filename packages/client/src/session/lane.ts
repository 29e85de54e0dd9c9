import { TIMING } from '../timing.ts';
import type { DemotionReason } from '../watch-state.ts';
import { askedMs, backoffMs } from './backoff.ts';

/** Names one connection, from its opening to its end; never used twice. */
export type LinkId = number;

/** Where a lane stands. */
export type LaneState =
  /** Not in use. */
  | { readonly at: 'off' }
  /** Opened, nothing said yet. `probe`: tried beside a lower transport that is in service. */
  | { readonly at: 'opening'; readonly link: LinkId; readonly since: number; readonly probe: boolean }
  | LiveLane
  /** Lost; opened again at `until`. */
  | { readonly at: 'waiting'; readonly until: number }
  /** Given up for a lower transport; tried again at `probeAt`. */
  | { readonly at: 'demoted'; readonly probeAt: number };

/** A connection that was greeted. */
export interface LiveLane {
  readonly at: 'live';
  readonly link: LinkId;
  readonly since: number;
  /** When anything last arrived. */
  readonly heardAt: number;
  /** Whether a durable event arrived on it. */
  readonly delivered: boolean;
  /** Smallest difference of clocks seen in a heartbeat. */
  readonly minLag: number;
  /** Clumps of late heartbeats so far, and when the last came. */
  readonly clumps: number;
  readonly clumpAt: number;
  /** The page slept: until this time lateness proves nothing. */
  readonly graceUntil: number;
}

/** One way of being connected live (the socket of the page, or the SSE stream of a job) and its history. */
export interface Lane {
  readonly state: LaneState;
  /** Tries since it was last seen working: rule C5. */
  readonly attempt: number;
  /** Openings in a row that failed. */
  readonly fails: number;
  /** Silent deaths in a row without progress: rule C2. */
  readonly strikes: number;
  /** Tries from below so far: rule C7. */
  readonly probes: number;
  /** Whether it ever worked. */
  readonly proven: boolean;
  /** Why it was given up last. */
  readonly cause: DemotionReason | undefined;
}

/** How a connection ended, or why it has to. */
export interface Loss {
  readonly kind: /** before the greeting */
    | 'failed'
    /** no greeting in time */
    | 'timeout'
    /** nothing heard for too long */
    | 'silent'
    /** after the greeting, cleanly or not */
    | 'closed'
    /** heartbeats come in clumps */
    | 'buffered'
    /** the server said that coming back is useless */
    | 'stopped';
  /** The wait the server asked for, instead of the backoff. */
  readonly afterMs?: number | undefined;
  /** The shortest wait the server allows, under the backoff. */
  readonly floorMs?: number | undefined;
}

/** What a pure step is given from outside: the clock (ms) and one number in [0, 1). */
export interface Moment {
  readonly now: number;
  readonly random: number;
}

/** A lane that was never used, or is remembered as demoted. */
export function newLane(probeAt?: number): Lane {
  const state: LaneState = probeAt === undefined ? { at: 'off' } : { at: 'demoted', probeAt };
  const cause = probeAt === undefined ? undefined : 'blocked';
  return { state, attempt: 0, fails: 0, strikes: 0, probes: 0, proven: false, cause };
}

/** The connection of a lane, if it has one. */
export function linkOf({ state }: Lane): LinkId | undefined {
  return state.at === 'opening' || state.at === 'live' ? state.link : undefined;
}

/** Whether readers must look below this lane: it is given up, or only being tried. */
export function isBelow({ state }: Lane): boolean {
  return state.at === 'demoted' || (state.at === 'opening' && state.probe);
}

/** Whether the lane is on its first try, so that nothing is known against it. */
export function isFresh({ state, attempt }: Lane): boolean {
  return attempt === 0 && (state.at === 'off' || (state.at === 'opening' && !state.probe));
}

/** The lane with a connection being opened. */
export function openLane(lane: Lane, link: LinkId, now: number): Lane {
  return { ...lane, state: { at: 'opening', link, since: now, probe: lane.state.at === 'demoted' } };
}

/** The lane after the greeting (`hello`, or the `job` of a stream). */
export function greet(lane: Lane, now: number): Lane {
  if (lane.state.at !== 'opening') return lane;
  const { link } = lane.state;
  const counts = { delivered: false, minLag: Number.POSITIVE_INFINITY, clumps: 0 };
  const times = { since: now, heardAt: now, clumpAt: Number.NEGATIVE_INFINITY, graceUntil: now };
  return { ...lane, fails: 0, proven: true, state: { at: 'live', link, ...counts, ...times } };
}

/** The lane after anything arrived. Something that should have been heard long ago shows that the page slept. */
export function hear(lane: Lane, now: number): Lane {
  const { state } = lane;
  if (state.at !== 'live') return lane;
  const slept = now > state.heardAt + TIMING.silenceMs;
  const graceUntil = slept ? now + TIMING.lateTimerMs : state.graceUntil;
  return { ...lane, state: { ...state, heardAt: now, graceUntil } };
}

/** The lane after a durable event that was new. */
export function deliver(lane: Lane): Lane {
  if (lane.state.at !== 'live') return lane;
  return { ...lane, strikes: 0, state: { ...lane.state, delivered: true } };
}

/** The lane after a heartbeat that the server sent at `sentAt` by its own clock: rule C3. */
export function beat(lane: Lane, sentAt: number, now: number): Lane {
  const { state } = lane;
  if (state.at !== 'live') return lane;
  const lag = now - sentAt;
  const minLag = Math.min(state.minLag, lag);
  const late = lag - minLag > TIMING.lateHeartbeatMs && now > state.graceUntil;
  const clump = late && now - state.clumpAt > TIMING.clumpMs;
  const lives = now - state.since > TIMING.silenceMs;
  return {
    ...lane,
    strikes: lives ? 0 : lane.strikes,
    state: {
      ...state,
      minLag,
      clumps: clump ? state.clumps + 1 : state.clumps,
      clumpAt: clump ? now : state.clumpAt,
    },
  };
}

/** What time alone makes of the lane: the loss that is due now, if any, or a grace for a page that slept. */
export function overdue(lane: Lane, now: number): Loss | 'grace' | undefined {
  const { state } = lane;
  if (state.at === 'opening') return now >= state.since + TIMING.helloMs ? { kind: 'timeout' } : undefined;
  if (state.at !== 'live') return undefined;
  if (state.clumps >= 2) return { kind: 'buffered' };
  const due = silentAt(state);
  if (now < due) return undefined;
  const slept = now - due >= TIMING.lateTimerMs && state.graceUntil < due;
  return slept ? 'grace' : { kind: 'silent' };
}

/** The lane with a second to hear what waits in the line. */
export function grace(lane: Lane, now: number): Lane {
  if (lane.state.at !== 'live') return lane;
  return { ...lane, state: { ...lane.state, graceUntil: now + TIMING.lateTimerMs } };
}

function silentAt(state: LiveLane): number {
  return Math.max(state.heardAt + TIMING.silenceMs, state.graceUntil);
}

/** When time alone will change the lane next. */
export function laneDue({ state }: Lane): number | undefined {
  switch (state.at) {
    case 'off':
      return undefined;
    case 'opening':
      return state.since + TIMING.helloMs;
    case 'live':
      return silentAt(state);
    case 'waiting':
      return state.until;
    case 'demoted':
      return Number.isFinite(state.probeAt) ? state.probeAt : undefined;
  }
}

/** Whether a connection should be opened now, if the lane is wanted at all. */
export function shouldOpen({ state }: Lane, now: number): boolean {
  if (state.at === 'off') return true;
  if (state.at === 'waiting') return now >= state.until;
  return state.at === 'demoted' && now >= state.probeAt;
}

/** The lane after its connection ended: opened again later, or given up for the transport below. */
export function loseLane(lane: Lane, loss: Loss, moment: Moment): Lane {
  const { state } = lane;
  const counted = countLoss(lane, loss, moment.now);
  const probing = state.at === 'opening' && state.probe;
  if (probing || givesUp(counted, loss)) return demote(counted, loss, moment.now);
  const backoff = Math.max(backoffMs(counted.attempt, moment.random), askedMs(loss.floorMs ?? 0));
  const until = moment.now + (loss.afterMs === undefined ? backoff : askedMs(loss.afterMs));
  return { ...counted, state: { at: 'waiting', until } };
}

function countLoss(lane: Lane, loss: Loss, now: number): Lane {
  const { state } = lane;
  const worked = state.at === 'live' && state.delivered && now - state.since >= TIMING.provenMs;
  return {
    ...lane,
    attempt: (worked ? 0 : lane.attempt) + 1,
    probes: worked ? 0 : lane.probes,
    fails: loss.kind === 'failed' ? lane.fails + 1 : lane.fails,
    strikes: loss.kind === 'silent' ? lane.strikes + 1 : lane.strikes,
  };
}

/** Rules C1–C4: what proves that a transport does not work here. */
function givesUp(lane: Lane, { kind, afterMs }: Loss): boolean {
  if (kind === 'timeout' || kind === 'buffered' || kind === 'stopped') return true;
  if (kind === 'silent') return lane.strikes >= 2;
  if (kind === 'closed') return false;
  const excused = lane.proven || afterMs !== undefined;
  return lane.fails >= (excused ? 3 : 1);
}

function demote(lane: Lane, { kind }: Loss, now: number): Lane {
  const wait = TIMING.probesMs[lane.probes] ?? TIMING.probesMs[2];
  const probeAt = kind === 'stopped' ? Number.POSITIVE_INFINITY : now + wait;
  const cause = lane.proven && kind !== 'buffered' ? 'lost' : 'blocked';
  return {
    ...lane,
    probes: lane.probes + 1,
    strikes: 0,
    fails: 0,
    attempt: 0,
    cause: lane.state.at === 'opening' && lane.state.probe ? (lane.cause ?? cause) : cause,
    state: { at: 'demoted', probeAt },
  };
}

/** The lane to be tried now, whatever it waits for: the page came online, or is visible again. */
export function hasten(lane: Lane, now: number): Lane {
  const { state } = lane;
  if (state.at === 'waiting') return { ...lane, state: { at: 'waiting', until: Math.min(state.until, now) } };
  if (state.at === 'demoted' && Number.isFinite(state.probeAt))
    return { ...lane, state: { at: 'demoted', probeAt: Math.min(state.probeAt, now) } };
  return lane;
}

/** The lane without a connection; a demotion stays one, so that it is not tried before its time. */
export function rest(lane: Lane, now: number): Lane {
  const { state } = lane;
  if (state.at === 'demoted') return lane;
  if (isBelow(lane)) return { ...lane, state: { at: 'demoted', probeAt: now + TIMING.probesMs[0] } };
  return { ...lane, state: { at: 'off' } };
}
