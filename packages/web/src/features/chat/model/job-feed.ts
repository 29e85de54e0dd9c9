import type { DarkroomClient, JobWatch } from '@darkroom/client';
import { canCancel, type Job, type Message, type ProgressEvent } from '@darkroom/protocol';
import type { StoreApi } from 'zustand/vanilla';
import { currentNotice } from '../../../lib/current-notice.ts';
import { timeLeft } from '../../../lib/time-left.ts';
import type { ChatState, PictureJob } from './chat-state.ts';
import { isBehind } from './picture.ts';

/** News of all jobs is shown together, this often at most: as long as a bar moves and a preview fades. */
const SHOW_MS = 160;
/** How long an ended job stays in the active list. */
const LISTED_MS = 10_000;
/** Silence after which the server is asked. */
const SILENT_MS = 300_000;
const LOOK_MS = 15_000;
/** Jobs whose last state is kept, those heard of first dropped first. */
const MOST_JOBS = 200;

/** Which message a job belongs to. */
type Link = Pick<PictureJob, 'conversationId' | 'messageId'>;

interface Followed {
  readonly watch: JobWatch;
  readonly link: Link;
  /** Events that were shown: they may come after the state that they lead to. */
  shown: number;
}

/** When the run under way began to work; what it waited before is not its work. */
function workingSince(job: Job, events: readonly ProgressEvent[]): string | undefined {
  if (job.status !== 'running') return undefined;
  const before = events.findLastIndex(({ stage, notice }) => stage !== 'running' || notice !== undefined);
  return events[before + 1]?.ts;
}

/** The newest preview; none that belongs to a picture that is made by now, where others follow. */
function previewOf({ previewUrl }: Job, events: readonly ProgressEvent[]): string | undefined {
  const made = events.findLastIndex(({ resultUrls }) => resultUrls !== undefined);
  return made > events.findLastIndex((event) => event.previewUrl !== undefined) ? undefined : previewUrl;
}

/** Jobs by id, linked to their messages, fed by the page's one connection. A status never goes back: `seq` decides. */
export class JobFeed {
  readonly #client: DarkroomClient;
  readonly #store: StoreApi<ChatState>;
  readonly #followed = new Map<string, Followed>();
  readonly #changed = new Set<string>();
  readonly #asked = new Map<string, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looking: ReturnType<typeof setInterval> | undefined;

  constructor(client: DarkroomClient, store: StoreApi<ChatState>) {
    this.#client = client;
    this.#store = store;
  }

  start(): void {
    this.#looking = setInterval(() => this.#look(), LOOK_MS);
    for (const jobId of this.#store.getState().active) {
      const known = this.#store.getState().jobs[jobId];
      if (known !== undefined && canCancel(known.job)) this.follow(jobId, known);
      else this.#unlistLater(jobId);
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    clearInterval(this.#looking);
    for (const { watch } of this.#followed.values()) watch.close();
    this.#followed.clear();
    this.#changed.clear();
  }

  /** Follows every job of these messages that is not at its end, as far as is known. */
  followAll(messages: readonly Message[]): void {
    for (const { id, conversation_id: conversationId, extra_metadata: metadata, updated_at } of messages) {
      if (metadata.type !== 'image' || (metadata.status !== 'queued' && metadata.status !== 'processing')) continue;
      const known = this.#store.getState().jobs[metadata.job_id];
      const over = known !== undefined && !canCancel(known.job) && !isBehind(known, updated_at);
      if (!over) this.follow(metadata.job_id, { conversationId, messageId: id });
    }
  }

  /** Follows a job until it ends. */
  follow(jobId: string, { conversationId, messageId }: Link): void {
    if (this.#followed.has(jobId)) return;
    const watch = this.#client.watchJob(jobId);
    this.#followed.set(jobId, { watch, link: { conversationId, messageId }, shown: 0 });
    const change = () => {
      this.#changed.add(jobId);
      this.#timer ??= setTimeout(() => this.#show(), SHOW_MS);
    };
    watch.subscribe(change);
    change();
  }

  #leave(jobId: string): void {
    this.#followed.get(jobId)?.watch.close();
    this.#followed.delete(jobId);
    this.#changed.delete(jobId);
    this.#asked.delete(jobId);
  }

  #show(): void {
    this.#timer = undefined;
    const state = this.#store.getState();
    const jobs = { ...state.jobs };
    const active = new Set(state.active);
    let news = false;
    for (const jobId of [...this.#changed]) {
      const followed = this.#followed.get(jobId);
      const next = followed && this.#read(jobId, followed, state.jobs[jobId]);
      if (next === undefined) continue;
      news = true;
      jobs[jobId] = next;
      active.add(jobId);
      if (!canCancel(next.job)) this.#ended(jobId);
    }
    this.#changed.clear();
    if (!news) return;
    const surplus = Object.keys(jobs).slice(0, -MOST_JOBS);
    for (const jobId of surplus) if (!this.#followed.has(jobId)) delete jobs[jobId];
    this.#store.setState({ jobs, active: active.size === state.active.length ? state.active : [...active] });
  }

  /** What a watch tells that is new; undefined: nothing. */
  #read(jobId: string, followed: Followed, known: PictureJob | undefined): PictureJob | undefined {
    const { watch, link, shown } = followed;
    const { job, events, queue, phase, error } = watch.getSnapshot();
    if (job === undefined) {
      if (phase === 'refused') this.#leave(jobId);
      return undefined;
    }
    const seq = known?.job.lastEventSeq ?? 0;
    // One that had ended is followed again because it was run again: only what comes after is news.
    const old = known !== undefined && (canCancel(known.job) ? job.lastEventSeq < seq : job.lastEventSeq <= seq);
    const lost = phase === 'reconnecting' || (phase === 'polling' && error !== undefined);
    const same = job === known?.job && queue === known.queue && lost === known.lost && events.length === shown;
    if (old || same) return undefined;
    followed.shown = events.length;
    const moved = job.lastEventSeq > seq || queue?.position !== known?.queue?.position;
    return {
      ...link,
      job,
      queue,
      notice: currentNotice(job, events),
      previewUrl: previewOf(job, events),
      since: workingSince(job, events),
      leftMs: timeLeft(events),
      heardAt: moved || known === undefined ? Date.now() : known.heardAt,
      lost,
      silent: moved ? false : (known?.silent ?? false),
    };
  }

  #ended(jobId: string): void {
    this.#leave(jobId);
    this.#unlistLater(jobId);
  }

  #unlistLater(jobId: string): void {
    setTimeout(() => {
      if (this.#followed.has(jobId)) return;
      this.#store.setState(({ active }) => ({ active: active.filter((id) => id !== jobId) }));
    }, LISTED_MS);
  }

  /** Jobs that nothing was heard of for long: says so, and asks the server. */
  #look(): void {
    const now = Date.now();
    const { jobs } = this.#store.getState();
    const silent: Record<string, PictureJob> = {};
    for (const jobId of this.#followed.keys()) {
      const known = jobs[jobId];
      const since = Math.max(known?.heardAt ?? now, this.#asked.get(jobId) ?? 0);
      if (known === undefined || now - since < SILENT_MS) continue;
      this.#asked.set(jobId, now);
      silent[jobId] = { ...known, silent: true };
      this.#client.getJob(jobId).catch(() => undefined);
    }
    if (Object.keys(silent).length > 0) this.#store.setState({ jobs: { ...jobs, ...silent } });
  }
}
