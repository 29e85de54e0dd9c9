import { apiError, type Job, type ProgressEvent } from '@darkroom/protocol';
import { DarkroomError } from './darkroom-error.ts';
import type { Environment } from './environment.ts';
import { Session, type WatchView } from './session.ts';
import type { Network } from './transports/transport.ts';
import type { JobWatch, WatchState } from './watch-state.ts';

/** Jobs heard of but not watched, whose last state is kept so that a watch begins with it. */
const MAX_KNOWN_JOBS = 50;

/** Everybody who watches: watches of the same job share one reading of it, all share one session. */
export class Watches {
  readonly #session: Session;
  readonly #watchers = new Map<string, Set<Watcher>>();
  readonly #known = new Map<string, Job>();

  constructor(network: Network, environment: Environment) {
    this.#session = new Session(network, environment, (jobId, view) => {
      for (const watcher of this.#watchers.get(jobId) ?? []) watcher.update(view);
    });
  }

  /** A new watch of a job; the first of it begins to read, the last to close ends that. */
  watch(jobId: string): JobWatch {
    const sharing = this.#watchers.get(jobId) ?? new Set();
    const watcher: Watcher = new Watcher(jobId, this.#session, () => this.#release(watcher));
    this.#watchers.set(jobId, sharing.add(watcher));
    if (sharing.size === 1) this.#session.watch(jobId, this.#known.get(jobId));
    watcher.update(this.#session.view(jobId));
    return watcher;
  }

  /** Takes the state of a job that a request was answered with; a watch of it shows it at once. */
  learn(job: Job): void {
    this.#known.delete(job.id);
    this.#known.set(job.id, job);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_KNOWN_JOBS && oldest !== undefined) this.#known.delete(oldest);
    this.#session.dispatch({ type: 'learn', job });
  }

  /** Closes every watch. */
  close(): void {
    for (const sharing of [...this.#watchers.values()]) for (const watcher of [...sharing]) watcher.close();
    this.#session.close();
  }

  #release(watcher: Watcher): void {
    const sharing = this.#watchers.get(watcher.jobId);
    sharing?.delete(watcher);
    if (sharing?.size !== 0) return;
    this.#watchers.delete(watcher.jobId);
    this.#session.dispatch({ type: 'unwatch', jobId: watcher.jobId });
  }
}

/** One watch, as handed out. */
class Watcher implements JobWatch {
  readonly jobId: string;
  readonly #session: Session;
  readonly #release: () => void;
  readonly #listeners = new Set<() => void>();
  #view: WatchView;
  #closed = false;

  constructor(jobId: string, session: Session, release: () => void) {
    this.jobId = jobId;
    this.#session = session;
    this.#release = release;
    this.#view = session.view(jobId);
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
    this.#session.dispatch({ type: 'reconnect' });
  }

  switchToPolling(): void {
    this.#session.dispatch({ type: 'choose-polling' });
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
