import { type Job, LIMITS, type ProgressEvent } from '@darkroom/protocol';
import type { Clock } from '../clock.ts';
import type { MessageChange } from '../conversation-store.ts';
import type { Relay, RelayNotice } from '../relay.ts';
import type { CreateResult, Idempotency, JobOrigin, JobRecord, JobTail, JobTicket, Store } from '../store.ts';
import { type HotJob, HotJobs, type LoggedEvent, logged, type RingBounds } from './hot-jobs.ts';
import { type Change, type IllegalTransition, toEvent, transition } from './transition.ts';

export type AppendResult =
  | { readonly outcome: 'appended'; readonly record: JobRecord }
  /** The head was not where the writer thought: somebody else wrote, and the writer has lost its claim. */
  | { readonly outcome: 'conflict' }
  | { readonly outcome: 'illegal'; readonly error: IllegalTransition };

/** A change that this process has written, and the job before and after it. */
export interface Written {
  /** Undefined: the job was made. */
  readonly change: Change | undefined;
  readonly before: Job;
  readonly after: Job;
}

const HEADS_PER_READ = 1_000;

/** How far a reader has read (rule P1). */
export interface LogPosition {
  readonly seq: number;
  /** Undefined: of the current life. */
  readonly epoch?: string | undefined;
}

export interface JobLogOptions extends Partial<RingBounds> {
  /** What an event changes in the message of the job that it leaves behind; kept with it. Default: nothing. */
  readonly project?: (job: Job, event: ProgressEvent) => MessageChange;
  /** Told of each change once it is on disk. Must not throw. Default: nobody is. */
  readonly onWritten?: (written: Written) => void;
}

/** Another life of the log, or further on in the same one. */
const isNewer = (record: JobRecord, than: JobRecord) =>
  record.epoch !== than.epoch || record.job.lastEventSeq > than.job.lastEventSeq;

/**
 * The one way to write a job, and the one way to read it: "the events of job J after number N". Recent events are kept
 * in memory; everything else comes from the store. A watcher is only woken; what is new, it reads.
 */
export class JobLog {
  readonly #store: Store;
  readonly #relay: Relay;
  readonly #clock: Clock;
  readonly #project: JobLogOptions['project'];
  readonly #onWritten: JobLogOptions['onWritten'];
  readonly #hot: HotJobs;
  readonly #loading = new Map<string, Promise<HotJob | undefined>>();
  /** Jobs that were written to while they were being loaded. */
  readonly #missed = new Set<string>();
  readonly #unsubscribe: () => void;

  constructor(store: Store, relay: Relay, clock: Clock, { project, onWritten, ...bounds }: JobLogOptions = {}) {
    this.#store = store;
    this.#relay = relay;
    this.#clock = clock;
    this.#hot = new HotJobs(bounds);
    this.#project = project;
    this.#onWritten = onWritten;
    this.#unsubscribe = relay.subscribe((notice) => this.#heard(notice));
  }

  /** Makes a job with its first event. */
  async create(job: Job, epoch: string, origin?: JobOrigin): Promise<CreateResult> {
    const event = toEvent(job.id, 1, Date.parse(job.createdAt), { stage: 'queued', attempt: 1, message: 'Queued' });
    const result = await this.#store.createJob({ ...job, lastEventSeq: 1 }, epoch, event, origin);
    if (result.outcome === 'created') {
      // It may have been found in the store already, and be watched.
      if (this.#hot.get(job.id) === undefined) this.#hot.add(result.record, [event]);
      this.#onWritten?.({ change: undefined, before: job, after: result.record.job });
    }
    return result;
  }

  /** The job that was made under this key before. */
  findCreated(idempotency: Idempotency): Promise<CreateResult | undefined> {
    return this.#store.findCreated(idempotency);
  }

  /**
   * Writes one change if the log's head is `expectedSeq`. Resolves once it is on disk and readers were woken. Writes of
   * one turn may be started one after the other without waiting: each builds on the one before.
   */
  async append(jobId: string, expectedSeq: number, change: Change): Promise<AppendResult> {
    const hot = await this.#find(jobId);
    if (hot?.tip.lastEventSeq === expectedSeq) return this.#appendTo(hot, change);
    // Who lost its claim looks at the job next, and must find what took it: that may be on its way to the disk still.
    await hot?.lastWrite;
    return { outcome: 'conflict' };
  }

  /** Writes one change wherever the head is: for people, whose word stands whatever a worker writes meanwhile. */
  async appendAtHead(jobId: string, change: Change): Promise<AppendResult | { readonly outcome: 'missing' }> {
    for (let settled = false; ; ) {
      const hot = await this.#find(jobId);
      if (hot === undefined) return { outcome: 'missing' };
      const result = await this.#appendTo(hot, change);
      if (result.outcome === 'illegal' && !settled) {
        // What forbids the change may not be on disk yet, and what allows it may be there from another process.
        await hot.lastWrite;
        await this.#reload(hot, jobId);
        settled = true;
      } else if (result.outcome !== 'conflict') return result;
    }
  }

  /** `Store.moveJob`, and what is in memory follows. */
  async move(owner: string, jobId: string, before: string | null): Promise<readonly JobTicket[] | undefined> {
    const moved = await this.#store.moveJob(owner, jobId, before);
    for (const { jobId: id, ticket } of moved ?? []) {
      const hot = this.#hot.get(id);
      if (hot !== undefined) hot.record = { ...hot.record, ticket };
    }
    return moved;
  }

  /** The job as it is now. */
  async load(jobId: string): Promise<JobRecord | undefined> {
    return (await this.#find(jobId))?.record;
  }

  /**
   * The same, for a reader at this position. One that is further on than this process, or in another life of the log, has
   * heard it from another process: then the store is asked before anybody is told that the log does not go that far.
   */
  async loadFor(jobId: string, { seq, epoch }: LogPosition): Promise<JobRecord | undefined> {
    const hot = await this.#find(jobId);
    const isKnown = () =>
      hot === undefined || (seq <= hot.record.job.lastEventSeq && (epoch ?? hot.record.epoch) === hot.record.epoch);
    // The event may be this process's own, and written, but not heard of yet.
    if (!isKnown()) await hot?.lastWrite;
    if (hot !== undefined && !isKnown()) await this.#reload(hot, jobId);
    return this.load(jobId);
  }

  /** The same, if it is in memory. */
  peek(jobId: string): JobRecord | undefined {
    return this.#hot.get(jobId)?.record;
  }

  /** Events after `afterSeq` if they are in memory: possibly none; undefined if the store must be asked. */
  peekEvents(jobId: string, afterSeq: number, limit: number): readonly LoggedEvent[] | undefined {
    const hot = this.#hot.get(jobId);
    if (hot === undefined) return undefined;
    const first = hot.record.job.lastEventSeq - hot.ring.length + 1;
    if (afterSeq + 1 < first) return undefined;
    const from = afterSeq + 1 - first;
    return hot.ring.slice(from, from + limit);
  }

  /** At most `limit` events after `afterSeq`, in order. */
  async readEvents(
    jobId: string,
    afterSeq: number,
    limit: number = LIMITS.eventsPerRead,
  ): Promise<readonly LoggedEvent[]> {
    const recent = this.peekEvents(jobId, afterSeq, limit);
    if (recent !== undefined) return recent;
    return (await this.#store.readEvents(jobId, afterSeq, limit)).map(logged);
  }

  /**
   * Calls `wake` after every append, and when the job is deleted. Keeps the job in memory. Returns its undo, or
   * undefined for an unknown job.
   */
  async watch(jobId: string, wake: () => void): Promise<(() => void) | undefined> {
    const hot = await this.#find(jobId);
    return hot && this.#hot.watch(jobId, hot, wake);
  }

  /** Removes a job and tells its readers. */
  async delete(jobId: string): Promise<void> {
    await this.#store.deleteJob(jobId);
    this.#relay.publish({ jobId, head: undefined });
  }

  /** Asks the store whether a watched job moved without this process hearing of it (rule P3's safety net). */
  async refresh(jobId: string): Promise<void> {
    const hot = this.#hot.get(jobId);
    if (hot !== undefined && hot.pendingWrites === 0) await this.#reload(hot, jobId);
  }

  /** The same for every job in memory, with one question for many: for a relay that may lose what it is told. */
  async catchUp(): Promise<void> {
    const jobIds = this.#hot.settledIds;
    for (let first = 0; first < jobIds.length; first += HEADS_PER_READ) {
      const asked = jobIds.slice(first, first + HEADS_PER_READ);
      const heads = await this.#store.readHeads(asked);
      const moved = asked.filter((jobId) => {
        const known = this.peek(jobId)?.job.lastEventSeq;
        return known !== undefined && heads.get(jobId) !== known;
      });
      await Promise.all(moved.map((jobId) => this.refresh(jobId)));
    }
  }

  close(): void {
    this.#unsubscribe();
    this.#hot.clear();
  }

  async #find(jobId: string): Promise<HotJob | undefined> {
    return this.#hot.get(jobId) ?? this.#load(jobId);
  }

  async #appendTo(hot: HotJob, change: Change): Promise<AppendResult> {
    const before = hot.tip;
    const next = transition(before, change, this.#clock.now());
    if (!next.ok) return { outcome: 'illegal', error: next.error };
    hot.tip = next.job;
    hot.pendingWrites++;
    try {
      const { job, event } = next;
      const message = hot.record.conversationId === undefined ? undefined : this.#project?.(job, event);
      const worker = change.type === 'start' ? change.worker : undefined;
      const writing = this.#store.append({ job, event, newTicket: change.type === 'retry', worker, message });
      hot.lastWrite = writing.catch(() => {});
      const record = await writing;
      if (record !== undefined) {
        this.#advance(hot, record, event);
        this.#onWritten?.({ change, before, after: record.job });
        if (message?.news === true) this.#tellOwner(record);
        return { outcome: 'appended', record };
      }
      await this.#reload(hot, job.id);
      return { outcome: 'conflict' };
    } catch (thrown) {
      hot.tip = hot.record.job;
      throw thrown;
    } finally {
      hot.pendingWrites--;
      if (hot.pendingWrites === 0) hot.tip = hot.record.job;
    }
  }

  #load(jobId: string): Promise<HotJob | undefined> {
    const known = this.#loading.get(jobId);
    if (known !== undefined) return known;
    const loading = this.#loadFromStore(jobId).finally(() => {
      this.#loading.delete(jobId);
      this.#missed.delete(jobId);
    });
    this.#loading.set(jobId, loading);
    return loading;
  }

  async #loadFromStore(jobId: string): Promise<HotJob | undefined> {
    for (;;) {
      this.#missed.delete(jobId);
      const tail = await this.#store.readTail(jobId, 0, this.#hot.bounds.ringEvents);
      if (tail === undefined) return undefined;
      const present = this.#hot.get(jobId);
      if (present !== undefined) return present;
      // An append that nobody heard of, because the job was not here yet, would be heard of by nobody.
      if (this.#missed.has(jobId)) continue;
      return this.#hot.add(tail.record, tail.events);
    }
  }

  #advance(hot: HotJob, record: JobRecord, event: ProgressEvent): void {
    const known = hot.record.job.lastEventSeq;
    if (event.seq <= known) return;
    if (event.seq === known + 1) {
      this.#hot.push(hot, [event]);
      hot.record = record;
    }
    this.#relay.publish({ jobId: record.job.id, head: event.seq });
  }

  /** Readers of the conversation hear of it; of one that is gone there are none. */
  #tellOwner({ job, owner, conversationId }: JobRecord): void {
    if (owner !== undefined && conversationId !== undefined)
      this.#relay.publish({ conversationId, owner, updatedAt: job.updatedAt });
  }

  #heard(notice: RelayNotice): void {
    if (!('jobId' in notice)) return;
    const { jobId, head } = notice;
    if (this.#loading.has(jobId)) this.#missed.add(jobId);
    const hot = this.#hot.get(jobId);
    if (hot === undefined) return;
    if (head === undefined) {
      this.#hot.delete(jobId);
      this.#wake(hot);
    } else if (head <= hot.record.job.lastEventSeq) {
      this.#wake(hot);
    } else {
      this.#reload(hot, jobId, head).catch(() => {
        // The store cannot be read now; the readers' next heartbeat asks again.
      });
    }
  }

  /**
   * Brings a job in memory up to the store, for what another process wrote: at least to `wanted`, by default to what is
   * there now. Many who ask at the same time are one question, or two.
   */
  #reload(hot: HotJob, jobId: string, wanted = Number.POSITIVE_INFINITY): Promise<void> {
    hot.wanted = Math.max(hot.wanted, wanted);
    hot.reading ??= this.#readNews(hot, jobId);
    return hot.reading;
  }

  async #readNews(hot: HotJob, jobId: string): Promise<void> {
    const { ringEvents } = this.#hot.bounds;
    try {
      do {
        hot.wanted = 0;
        const known = hot.record;
        const tail = await this.#store.readTail(jobId, known.job.lastEventSeq, ringEvents);
        const isOtherLife = tail !== undefined && tail.record.epoch !== known.epoch;
        this.#take(hot, jobId, isOtherLife ? await this.#store.readTail(jobId, 0, ringEvents) : tail);
      } while (hot.wanted > hot.record.job.lastEventSeq);
    } finally {
      // In the same turn as the last look at what is wanted: who comes after it asks anew.
      hot.reading = undefined;
      hot.wanted = 0;
    }
  }

  /** Takes over what the store answered. */
  #take(hot: HotJob, jobId: string, tail: JobTail | undefined): void {
    if (tail === undefined) {
      this.#hot.delete(jobId);
      return this.#wake(hot);
    }
    const { record, events } = tail;
    // An own write, or another answer of the store, may have come further meanwhile: a head never goes back.
    if (!isNewer(record, hot.record)) return;
    const known = record.epoch === hot.record.epoch ? hot.record.job.lastEventSeq : 0;
    const news = events.filter(({ seq }) => seq > known);
    if (known === 0 || news[0]?.seq !== known + 1) hot.ring = [];
    this.#hot.push(hot, news);
    hot.record = record;
    if (hot.pendingWrites === 0 || hot.tip.lastEventSeq <= record.job.lastEventSeq) hot.tip = record.job;
    this.#wake(hot);
  }

  #wake(hot: HotJob): void {
    for (const wake of hot.watchers) wake();
  }
}
