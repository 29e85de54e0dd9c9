import type { Job } from '@darkroom/protocol';
import type { Environment } from './environment.ts';
import type { LinkId } from './session/lane.ts';
import { recall, remember } from './session/memory.ts';
import { newSession, type SessionEffect, type SessionInput, type SessionState } from './session/session-state.ts';
import { nextDeadline } from './session/settle.ts';
import { stepSession } from './session/step.ts';
import { viewWatch } from './session/watch-view.ts';
import { pollingTransport } from './transports/polling.ts';
import { sseTransport } from './transports/sse.ts';
import type { Connection, Network, Sink } from './transports/transport.ts';
import { webSocketTransport } from './transports/websocket.ts';
import { UNWATCHED } from './unwatched.ts';
import type { WatchState } from './watch-state.ts';

/** A watched job as its watchers see it. */
export interface WatchView {
  readonly state: WatchState;
  /** How often the job's log was started over. */
  readonly generation: number;
}

/** Runs the pure session: performs its effects, keeps its one timer, and tells who watches what changed. */
export class Session {
  readonly #environment: Environment;
  readonly #open: (effect: SessionEffect, sink: Sink) => Connection | undefined;
  readonly #connections = new Map<LinkId, Connection>();
  readonly #views = new Map<string, WatchView>();
  readonly #onChange: (jobId: string, view: WatchView) => void;
  readonly #listeners = new Set<(conversationId: string | undefined) => void>();
  readonly #inputs: SessionInput[] = [];
  readonly #stopListening: () => void;
  #state: SessionState;
  #running = false;
  #cancelTimer: () => void = () => {};

  constructor(network: Network, environment: Environment, onChange: (jobId: string, view: WatchView) => void) {
    this.#environment = environment;
    this.#onChange = onChange;
    this.#state = newSession(recall(environment.storage), environment.now());
    this.#open = opener(network);
    this.#stopListening = environment.listen((type) => this.dispatch({ type }));
  }

  /** What is known of a watched job. */
  view(jobId: string): WatchView {
    return this.#views.get(jobId) ?? { state: UNWATCHED, generation: 0 };
  }

  /** Begins to watch a job of which `job` may be known. */
  watch(jobId: string, job: Job | undefined): void {
    this.dispatch({ type: 'watch', jobId, job });
  }

  /** Tells of changed conversations until the returned undo is called. */
  listen(listener: (conversationId: string | undefined) => void): () => void {
    this.#listeners.add(listener);
    this.dispatch({ type: 'listen', wanted: true });
    return () => {
      if (this.#listeners.delete(listener)) this.dispatch({ type: 'listen', wanted: this.#listeners.size > 0 });
    };
  }

  /** Closes everything that is open. */
  close(): void {
    this.#listeners.clear();
    this.dispatch({ type: 'listen', wanted: false });
    for (const jobId of this.#state.watches.keys()) this.dispatch({ type: 'unwatch', jobId });
    this.#stopListening();
  }

  /** Takes an input. One that comes while another is being taken waits for its turn. */
  dispatch(input: SessionInput): void {
    this.#inputs.push(input);
    if (this.#running) return;
    this.#running = true;
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) this.#take(next);
    } finally {
      this.#running = false;
    }
    this.#arm();
  }

  #take(input: SessionInput): void {
    const moment = { now: this.#environment.now(), random: this.#environment.random() };
    if (input.type === 'ended') this.#connections.delete(input.link);
    const { session, effects } = stepSession(this.#state, input, moment);
    this.#state = session;
    for (const effect of effects) this.#perform(effect);
    this.#publish(moment.now);
  }

  #perform(effect: SessionEffect): void {
    switch (effect.type) {
      case 'send':
        this.#connections.get(effect.link)?.send(effect.message);
        return;
      case 'close':
        this.#connections.get(effect.link)?.close();
        this.#connections.delete(effect.link);
        return;
      case 'remember':
        remember(this.#environment.storage, effect.memory);
        return;
      case 'tell':
        for (const listener of [...this.#listeners]) listener(effect.conversationId);
        return;
      default: {
        const connection = this.#open(effect, this.#sink(effect.link));
        if (connection !== undefined) this.#connections.set(effect.link, connection);
      }
    }
  }

  #sink(link: LinkId): Sink {
    return {
      receive: (messages) => this.dispatch({ type: 'messages', link, messages }),
      end: (ending) => this.dispatch({ type: 'ended', link, ending }),
    };
  }

  #publish(now: number): void {
    for (const jobId of this.#views.keys()) {
      if (!this.#state.watches.has(jobId)) this.#views.delete(jobId);
    }
    for (const [jobId, watch] of this.#state.watches) {
      const last = this.#views.get(jobId);
      const state = viewWatch(this.#state, watch, now, last?.state);
      if (state === last?.state) continue;
      const view = { state, generation: watch.log.generation };
      this.#views.set(jobId, view);
      this.#onChange(jobId, view);
    }
  }

  #arm(): void {
    this.#cancelTimer();
    this.#cancelTimer = () => {};
    const at = nextDeadline(this.#state);
    if (at === undefined) return;
    this.#cancelTimer = this.#environment.setTimer(
      () => this.dispatch({ type: 'tick' }),
      Math.max(0, at - this.#environment.now()),
    );
  }
}

function opener(network: Network): (effect: SessionEffect, sink: Sink) => Connection | undefined {
  const socket = webSocketTransport(network);
  const sse = sseTransport(network);
  const polling = pollingTransport(network);
  return (effect, sink) => {
    if (effect.type === 'open-socket') return socket.open(undefined, sink);
    if (effect.type === 'open-stream') return sse.open(effect, sink);
    return effect.type === 'poll' ? polling.open(effect, sink) : undefined;
  };
}
