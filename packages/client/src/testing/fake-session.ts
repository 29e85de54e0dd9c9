import type { ClientMessage, ServerMessage } from '@darkroom/protocol';
import type { LinkId } from '../session/lane.ts';
import {
  type Ending,
  type Memory,
  newSession,
  type SessionEffect,
  type SessionInput,
  type SessionState,
} from '../session/session-state.ts';
import { nextDeadline } from '../session/settle.ts';
import { stepSession } from '../session/step.ts';
import { viewWatch } from '../session/watch-view.ts';
import { UNWATCHED } from '../unwatched.ts';
import type { WatchState } from '../watch-state.ts';
import type { TestJob } from './test-job.ts';

/** A connection that the session has open. */
export interface OpenLink {
  readonly link: LinkId;
  readonly kind: 'ws' | 'sse' | 'poll';
  /** Undefined for the socket. */
  readonly jobId: string | undefined;
  readonly after: number;
  readonly epoch: string | undefined;
  readonly etag: string | undefined;
}

/** Runs the pure session without clock or network: a test says what time it is and what arrives. */
export class FakeSession {
  now = 1_000_000;
  random = 0.5;
  state: SessionState;
  readonly open = new Map<LinkId, OpenLink>();
  /** What was said on the socket, in order. */
  readonly said: ClientMessage[] = [];
  /** Conversations that were told of, in order. */
  readonly told: (string | undefined)[] = [];
  /** Kinds of connections opened, in order. */
  readonly opened: OpenLink['kind'][] = [];
  memory: Memory;

  constructor(memory: Memory = {}) {
    this.memory = memory;
    this.state = newSession(memory, this.now);
  }

  /** Gives an input and takes note of the effects. */
  give(input: SessionInput): void {
    const { session, effects } = stepSession(this.state, input, { now: this.now, random: this.random });
    this.state = session;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: SessionEffect): void {
    const { type } = effect;
    if (type === 'close') this.open.delete(effect.link);
    else if (type === 'send') this.said.push(effect.message);
    else if (type === 'remember') this.memory = effect.memory;
    else if (type === 'tell') this.told.push(effect.conversationId);
    else {
      const kind = type === 'open-socket' ? 'ws' : type === 'open-stream' ? 'sse' : 'poll';
      const at = { jobId: undefined, after: 0, epoch: undefined, etag: undefined };
      this.open.set(effect.link, { ...at, ...effect, kind });
      this.opened.push(kind);
    }
  }

  /** Lets time pass, with a tick whenever one is due. Fails where time would stand still. */
  pass(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const due = nextDeadline(this.state);
      if (due === undefined || due > end) break;
      this.now = Math.max(this.now, due);
      this.give({ type: 'tick' });
      const next = nextDeadline(this.state);
      if (next !== undefined && next <= this.now) throw new Error('a tick left its deadline in the past');
    }
    this.now = end;
  }

  /** The open connections of a kind. */
  links(kind: OpenLink['kind']): OpenLink[] {
    return [...this.open.values()].filter((open) => open.kind === kind);
  }

  /** The one open connection of a kind. */
  link(kind: OpenLink['kind']): OpenLink {
    const all = this.links(kind);
    const [first] = all;
    if (first === undefined || all.length > 1) throw new Error(`${all.length} open ${kind}, not one`);
    return first;
  }

  hear(kind: OpenLink['kind'], ...messages: ServerMessage[]): void {
    this.give({ type: 'messages', link: this.link(kind).link, messages });
  }

  /** A connection ends from the other side. */
  end(kind: OpenLink['kind'], ending: Ending): void {
    const { link } = this.link(kind);
    this.open.delete(link);
    this.give({ type: 'ended', link, ending });
  }

  hello(): void {
    this.hear('ws', { type: 'hello', connectionId: 'c', heartbeatMs: 10_000, maxSubscriptions: 64, now: this.now });
  }

  /** A heartbeat, `lateMs` after it was sent. */
  ping(kind: 'ws' | 'sse', lateMs = 0): void {
    this.hear(kind, { type: 'ping', now: this.now - lateMs });
  }

  /** Watches `job` and connects over WebSocket, up to its snapshot. */
  connect(job: TestJob): void {
    this.give({ type: 'watch', jobId: job.id });
    this.hello();
    this.hear('ws', { type: 'subscribed', jobId: job.id, ...job.snapshot() });
  }

  /** Answers the poll under way truthfully. */
  answerPoll(job: TestJob): void {
    const { link, after } = this.link('poll');
    const events = job.events.slice(after, after + 200);
    const messages: ServerMessage[] = [
      { type: 'subscribed', jobId: job.id, ...job.snapshot() },
      { type: 'events', jobId: job.id, events },
    ];
    this.give({ type: 'messages', link, messages });
    this.open.delete(link);
    this.give({ type: 'ended', link, ending: { kind: 'done', etag: `"${job.head}"` } });
  }

  /** What the watcher of a job sees. */
  view(job: TestJob): WatchState {
    const watch = this.state.watches.get(job.id);
    return watch === undefined ? UNWATCHED : viewWatch(this.state, watch, this.now);
  }
}
