import type { ApiError, ClientMessage, Job, ServerMessage } from '@darkroom/protocol';
import { TIMING } from '../timing.ts';
import { emptyLog, type JobLog } from './job-log.ts';
import { isBelow, type Lane, type LinkId, newLane } from './lane.ts';
import { newPoll, type PollState } from './poll-state.ts';

/** What outlives the page's session: when each demotion is forgotten (rule C8), and a chosen polling (rule C9). */
export interface Memory {
  /** Until when WebSocket is taken not to work here (client clock, ms). */
  readonly ws?: number | undefined;
  /** The same for SSE. */
  readonly sse?: number | undefined;
  /** The reader chose polling. */
  readonly chosen?: boolean | undefined;
}

/** A job's place on the page's socket. */
export type Subscription =
  | { readonly at: 'none' }
  /** Asked for; no answer yet. */
  | { readonly at: 'asked' }
  /** Answered: events come. `resyncs`: asked again after a gap, without an event since. */
  | { readonly at: 'live'; readonly resyncs: number; readonly waiting: boolean }
  /** Refused for now. */
  | { readonly at: 'declined'; readonly until: number };

/** Everything about one watched job. */
export interface WatchSession {
  readonly log: JobLog;
  readonly subscription: Subscription;
  /** Its SSE stream. */
  readonly stream: Lane;
  readonly poll: PollState;
  /** Since when it has no live connection. */
  readonly outSince: number;
  /** Whether it ever had a connection that delivered. */
  readonly everLive: boolean;
  /** Known to be behind at the last heartbeat already. */
  readonly behind: boolean;
  readonly lastMessageAt: number | undefined;
  /** Why it cannot be read. */
  readonly refusal: ApiError | undefined;
  /** The last failure. */
  readonly failure: ApiError | undefined;
  /** Final, with every event held. */
  readonly done: boolean;
}

/** The session of one client: one socket, and a stream or a polling per watched job. A plain value. */
export interface SessionState {
  readonly socket: Lane;
  /** Subscriptions the server allows on a socket. */
  readonly maxSubscriptions: number;
  /** The wait that a `bye` on the socket asked for. */
  readonly byeMs: number | undefined;
  readonly watches: ReadonlyMap<string, WatchSession>;
  readonly memory: Memory;
  /** Nothing at all could be reached at the last try. */
  readonly unreachable: boolean;
  /** The page is in the back/forward cache: nothing may be open. */
  readonly hidden: boolean;
  /** Somebody wants to hear of conversations: the socket stays open for that, also while no job is watched. */
  readonly listening: boolean;
  readonly nextLink: LinkId;
}

/** How a connection ended, in a transport's words. */
export type Ending =
  /** As it should: the answer is whole, the stream or socket was closed. */
  | {
      readonly kind: 'done';
      readonly etag?: string | undefined;
      readonly floorMs?: number | undefined;
      readonly afterMs?: number | undefined;
    }
  /** The poll's validator still holds: nothing is new. */
  | { readonly kind: 'unchanged' }
  /** The stream has nothing more to give (204). */
  | { readonly kind: 'gone' }
  /** Broken off, or refused for now. */
  | { readonly kind: 'failed'; readonly error: ApiError; readonly afterMs?: number | undefined }
  /** This job is refused for good. */
  | { readonly kind: 'refused'; readonly error: ApiError }
  /** The server said that coming back is useless. */
  | { readonly kind: 'stopped'; readonly error: ApiError };

/** What may happen to a session. */
export type SessionInput =
  | { readonly type: 'watch'; readonly jobId: string; readonly job?: Job | undefined }
  | { readonly type: 'unwatch'; readonly jobId: string }
  /** Something arrived on a connection; no messages: something that is not understood. */
  | { readonly type: 'messages'; readonly link: LinkId; readonly messages: readonly ServerMessage[] }
  | { readonly type: 'ended'; readonly link: LinkId; readonly ending: Ending }
  /** Time passed. */
  | { readonly type: 'tick' }
  | { readonly type: 'online' | 'visible' | 'pagehide' | 'pageshow' }
  /** The reader wants WebSocket tried again. */
  | { readonly type: 'reconnect' }
  /** The reader wants polling. */
  | { readonly type: 'choose-polling' }
  /** Whether somebody wants to hear of conversations (rule M8). */
  | { readonly type: 'listen'; readonly wanted: boolean }
  /** A job was heard of outside of its stream; a polling looks at once. */
  | { readonly type: 'learn'; readonly job: Job };

/** What the session wants done. */
export type SessionEffect =
  | { readonly type: 'open-socket'; readonly link: LinkId }
  | ({ readonly type: 'open-stream'; readonly link: LinkId } & ReadPosition)
  | ({ readonly type: 'poll'; readonly link: LinkId; readonly etag: string | undefined } & ReadPosition)
  | { readonly type: 'send'; readonly link: LinkId; readonly message: ClientMessage }
  | { readonly type: 'close'; readonly link: LinkId }
  /** A conversation changed; undefined: any of them may have, the socket is new. */
  | { readonly type: 'tell'; readonly conversationId: string | undefined }
  | { readonly type: 'remember'; readonly memory: Memory };

/** From where a job is to be read. */
export interface ReadPosition {
  readonly jobId: string;
  readonly after: number;
  readonly epoch: string | undefined;
}

/** A session that watches nothing yet, with what an earlier one remembered. */
export function newSession(memory: Memory, now: number): SessionState {
  return {
    socket: rememberedLane(memory.ws, now),
    maxSubscriptions: Number.POSITIVE_INFINITY,
    byeMs: undefined,
    watches: new Map(),
    memory,
    unreachable: false,
    hidden: false,
    listening: false,
    nextLink: 1,
  };
}

/** A watch of a job of which at most its last state is known. */
export function newWatch(jobId: string, memory: Memory, now: number): WatchSession {
  return {
    log: emptyLog(jobId),
    subscription: { at: 'none' },
    stream: rememberedLane(memory.sse, now),
    poll: newPoll(),
    outSince: now,
    everLive: false,
    behind: false,
    lastMessageAt: undefined,
    refusal: undefined,
    failure: undefined,
    done: false,
  };
}

function rememberedLane(until: number | undefined, now: number): Lane {
  const remembered = until !== undefined && until > now && until <= now + TIMING.demotionMs;
  return newLane(remembered ? now + TIMING.probesMs[0] : undefined);
}

/** Whether the watch still reads. */
export function isActive(watch: WatchSession): boolean {
  return !watch.done && watch.refusal === undefined;
}

/** Whether events arrive as they happen. */
export function isLive(watch: WatchSession): boolean {
  return watch.subscription.at === 'live' || watch.stream.state.at === 'live';
}

/** Whether the page's socket should be open, or be tried. */
export function wantsSocket(session: SessionState): boolean {
  if (session.hidden || session.memory.chosen === true) return false;
  return session.listening || [...session.watches.values()].some(isActive);
}

/** Whether the watch should have an SSE stream: while the socket is given up, and until it has taken over. */
export function wantsStream(session: SessionState, watch: WatchSession): boolean {
  if (!isActive(watch) || session.hidden || session.memory.chosen === true) return false;
  if (watch.subscription.at === 'live') return false;
  return isBelow(session.socket) || (session.socket.state.at === 'live' && watch.stream.state.at === 'live');
}

/** When the watch should begin to be polled, if nothing changes; undefined: not at all. */
export function pollFrom(session: SessionState, watch: WatchSession): number | undefined {
  if (!isActive(watch) || session.hidden) return undefined;
  if (session.memory.chosen === true) return 0;
  if (isLive(watch)) return undefined;
  return isBelow(session.socket) && isBelow(watch.stream) ? 0 : watch.outSince + TIMING.bridgeMs;
}
