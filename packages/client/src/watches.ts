import { apiError, type Job, type ProgressEvent } from '@darkroom/protocol';
import { DarkroomError } from './darkroom-error.ts';
import type { Environment } from './environment.ts';
import type { SessionInput } from './session/session-state.ts';
import type { Session, WatchView } from './session.ts';
import type { Network } from './transports/transport.ts';
import { UNWATCHED } from './unwatched.ts';
import type { JobWatch, WatchState } from './watch-state.ts';

/** Jobs heard of but not watched, whose last state is kept so that a watch begins with it. */
const MAX_KNOWN_JOBS = 50;

/** Loads the code that watching needs; a page that is going to watch a job need not wait for its first watch. */
export const prepareWatching = () => import('./session.ts');

/** After this long a session whose code could not be loaded is tried again. */
const LOAD_AGAIN_MS = 2_000;

/**
 * Everybody who watches: watches of the same job share one reading of it, all share one session. The session's code,
 * half of the client, is loaded with the first watch; what is asked of it until then is kept in order.
 */
export class Watches {
  readonly #network: Network;
  readonly #environment: Environment;
  readonly #watchers = new Map<string, Set<Watcher>>();
  readonly #known = new Map<string, Job>();
  readonly #listeners = new Set<(job: Job) => void>();
  #session: Session | undefined;
  #asked: ((session: Session) => void)[] = [];
  #cancelRetry: () => void = () => {};

  constructor(network: Network, environment: Environment) {
    this.#network = network;
    this.#environment = environment;
  }

  /** A new watch of a job; the first of it begins to read, the last to close ends that. */
  watch(jobId: string): JobWatch {
    const sharing = this.#watchers.get(jobId) ?? new Set();
    const watcher: Watcher = new Watcher(
      jobId,
      (input) => this.#ask((session) => session.dispatch(input)),
      () => this.#release(watcher),
    );
    this.#watchers.set(jobId, sharing.add(watcher));
    if (sharing.size === 1) this.#ask((session) => session.watch(jobId, this.#known.get(jobId)));
    watcher.update(this.#session?.view(jobId) ?? this.#firstView(jobId));
    return watcher;
  }

  /** Takes the state of a job that a request was answered with; a watch of it shows it at once. */
  learn(job: Job): void {
    this.#known.delete(job.id);
    this.#known.set(job.id, job);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_KNOWN_JOBS && oldest !== undefined) this.#known.delete(oldest);
    this.#session?.dispatch({ type: 'learn', job });
    for (const listener of [...this.#listeners]) listener(job);
  }

  /** Calls `listener` with every job that is learnt of; returns its undo. */
  onJob(listener: (job: Job) => void): () => void {
    const own = (job: Job) => listener(job);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** Tells of changed conversations until the returned undo is called. */
  listen(listener: (conversationId: string | undefined) => void): () => void {
    let over = false;
    let stop = () => {};
    this.#ask((session) => {
      if (!over) stop = session.listen(listener);
    });
    return () => {
      over = true;
      stop();
    };
  }

  /** Closes every watch. */
  close(): void {
    for (const sharing of [...this.#watchers.values()]) for (const watcher of [...sharing]) watcher.close();
    this.#asked = [];
    this.#cancelRetry();
    this.#session?.close();
  }

  #firstView(jobId: string): WatchView {
    const job = this.#known.get(jobId);
    return { state: job === undefined ? UNWATCHED : { ...UNWATCHED, job, phase: 'connecting' }, generation: 0 };
  }

  #ask(action: (session: Session) => void): void {
    if (this.#session !== undefined) {
      action(this.#session);
      return;
    }
    this.#asked.push(action);
    if (this.#asked.length === 1) this.#load();
  }

  #load(): void {
    prepareWatching().then(
      ({ Session }) => {
        const asked = this.#asked;
        if (this.#session !== undefined || asked.length === 0) return;
        this.#asked = [];
        const session = new Session(this.#network, this.#environment, (jobId, view) => {
          for (const watcher of this.#watchers.get(jobId) ?? []) watcher.update(view);
        });
        this.#session = session;
        for (const action of asked) action(session);
      },
      () => {
        this.#cancelRetry = this.#environment.setTimer(() => this.#load(), LOAD_AGAIN_MS);
      },
    );
  }

  #release(watcher: Watcher): void {
    const sharing = this.#watchers.get(watcher.jobId);
    sharing?.delete(watcher);
    if (sharing?.size !== 0) return;
    this.#watchers.delete(watcher.jobId);
    this.#ask((session) => session.dispatch({ type: 'unwatch', jobId: watcher.jobId }));
  }
}

/** One watch, as handed out. */
class Watcher implements JobWatch {
  readonly jobId: string;
  readonly #dispatch: (input: SessionInput) => void;
  readonly #release: () => void;
  readonly #listeners = new Set<() => void>();
  #view: WatchView = { state: UNWATCHED, generation: 0 };
  #closed = false;

  constructor(jobId: string, dispatch: (input: SessionInput) => void, release: () => void) {
    this.jobId = jobId;
    this.#dispatch = dispatch;
    this.#release = release;
  }

  /** Takes a new state and tells the listeners. */
  update(view: WatchView): void {
    if (view.state === this.#view.state) return;
    this.#view = view;
    for (const listener of [...this.#listeners]) listener();
  }

  subscribe(listener: () => void): () => void {
    const own = () => listener();
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  getSnapshot(): WatchState {
    return this.#view.state;
  }

  reconnect(): void {
    this.#dispatch({ type: 'reconnect' });
  }

  switchToPolling(): void {
    this.#dispatch({ type: 'choose-polling' });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#release();
    for (const listener of [...this.#listeners]) listener();
    this.#listeners.clear();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ProgressEvent, void, undefined> {
    let { generation } = this.#view;
    let index = 0;
    for (;;) {
      if (this.#closed) return;
      if (this.#view.generation !== generation) {
        generation = this.#view.generation;
        index = 0;
      }
      const { events, phase, error } = this.#view.state;
      const event = events[index];
      if (event !== undefined) {
        index += 1;
        yield event;
      } else if (phase === 'ended') return;
      else if (phase === 'refused') throw new DarkroomError(error ?? apiError('NOT_FOUND'));
      else await this.#change();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.subscribe(() => {
        stop();
        resolve();
      });
    });
  }
}
