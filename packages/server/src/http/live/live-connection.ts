import { apiError, isFinal, LIMITS, type Position, type QueuePlace, withoutAddress } from '@darkroom/protocol';
import type { Clock } from '../../clock.ts';
import type { LoggedEvent } from '../../jobs/hot-jobs.ts';
import type { JobLog } from '../../jobs/job-log.ts';
import type { QueueBoard } from '../../jobs/queue-board.ts';
import type { JobRecord } from '../../store.ts';
import type { CloseReason, EndReason, LiveCounts, TransportCounts } from './live-counts.ts';
import type { LiveFormat } from './live-format.ts';
import type { LiveSink } from './live-sink.ts';
import { Outbox } from './outbox.ts';
import { firstBatch, newSubscription, type Subscription } from './subscription.ts';

/** What a connection needs of those who keep all of them. */
export interface LiveTurns {
  readonly log: JobLog;
  readonly board: QueueBoard;
  readonly clock: Clock;
  readonly counts: LiveCounts;
  /** Gives the connection a turn soon. */
  schedule(connection: LiveConnection): void;
  /** The connection is gone, and why. */
  forget(connection: LiveConnection, reason: EndReason): void;
}

/** Bytes queued for a client at which it is closed: it does not take what is sent to it unasked. */
const MAX_QUEUED_BYTES = 2 * LIMITS.readerHighWaterBytes;

/**
 * One reader's connection. The log only wakes it; what it sends, it reads from the log at its own cursor, exactly
 * `cursor + 1` onwards. So history and live are one thing, and a slow reader is a cursor that waits. Snapshots are read in
 * the same way, so a subscription costs memory only when the network has room for its answer. Replies and notices wait in a
 * queue; while that is full, the client is not read from.
 */
export class LiveConnection {
  readonly #turns: LiveTurns;
  readonly #log: JobLog;
  readonly #board: QueueBoard;
  readonly #sink: LiveSink;
  readonly #format: LiveFormat;
  readonly #counts: TransportCounts;
  readonly #out: Outbox;
  readonly #subscriptions = new Map<string, Subscription>();
  /** Subscriptions that may have something new, each once: they are read in the connection's next turn, in this order. */
  readonly #dirty: Subscription[] = [];
  /** Those whose older events are asked of the store when the read in progress has ended. */
  readonly #awaitingStore = new Set<Subscription>();
  /** Older events of one subscription are being read from the store. */
  #isFetching = false;
  /** This side ends it: nothing more is sent. */
  #closing = false;
  #closed = false;
  /** Why it ends, if that is known. */
  #endsFor: EndReason | undefined;
  /** When anything last came from the reader (ms); `Infinity` for one that cannot speak. */
  heardAt: number;
  /** It waits at its cursors until the reader has taken what was sent. */
  isPaused = false;
  /** The client is not read from, since too much is queued for it. */
  isHeld = false;
  /** Counts up over all connections; decides in which second its heart beats. */
  readonly number: number;
  /** Waits for its turn in the hub. */
  scheduled = false;

  constructor(turns: LiveTurns, sink: LiveSink, format: LiveFormat, number: number) {
    this.number = number;
    this.#turns = turns;
    this.#log = turns.log;
    this.#board = turns.board;
    this.#sink = sink;
    this.#format = format;
    this.#counts = turns.counts[format.transport];
    this.#out = new Outbox(sink, this.#counts);
    this.heardAt = turns.clock.now();
  }

  get format(): LiveFormat {
    return this.#format;
  }

  get subscriptions(): number {
    return this.#subscriptions.size;
  }

  isSubscribed(jobId: string): boolean {
    return this.#subscriptions.has(jobId);
  }

  /** Reads the job from after `position`, first saying where it stands (rules W2, S2, P3). */
  async subscribe(jobId: string, position: Position): Promise<void> {
    this.unsubscribe(jobId);
    const subscription = newSubscription(jobId, position);
    this.#subscriptions.set(jobId, subscription);
    let unwatch: (() => void) | undefined;
    try {
      unwatch = await this.#log.watch(jobId, () => this.#wake(subscription));
      const record = unwatch && (await this.#log.loadFor(jobId, position));
      if (subscription.closed) return unwatch?.();
      subscription.unwatch = unwatch;
      if (record === undefined) return this.#refuse(subscription, 'NOT_FOUND');
      this.#wake(subscription);
    } catch {
      unwatch?.();
      this.#refuse(subscription, 'STORAGE_UNAVAILABLE');
    }
  }

  unsubscribe(jobId: string): void {
    const subscription = this.#subscriptions.get(jobId);
    if (subscription === undefined) return;
    subscription.closed = true;
    subscription.unwatch?.();
    if (subscription.dirty) this.#dirty.splice(this.#dirty.indexOf(subscription), 1);
    this.#awaitingStore.delete(subscription);
    this.#subscriptions.delete(jobId);
  }

  /** Puts a reply or a notice into this turn's write; while the reader is paused, into the first one after. */
  send(bytes: Buffer): void {
    if (this.#closing || this.#closed) return;
    this.#out.put(bytes);
    if (!this.isPaused) return this.#turns.schedule(this);
    const queued = this.#out.waitingBytes + this.#out.queuedBytes;
    if (queued >= MAX_QUEUED_BYTES) this.close('stalled');
    else if (queued >= LIMITS.readerHighWaterBytes) this.#hold(true);
  }

  /** The network took what waited. */
  drained(): void {
    this.#out.drained();
    this.#resume();
    this.#turns.schedule(this);
  }

  /**
   * This connection's turn: what is new for its subscriptions leaves in one write, as much as there is room for. Runs for
   * every reader of every event, so it makes no lists and looks at the sink's buffer only when there is something in it.
   */
  pump(): void {
    if (this.#closing || this.#closed || (this.#out.isBehind && !this.#hasRoom())) return;
    this.#readDirty();
    this.#out.flush();
    if (this.#out.isBehind && !this.#hasRoom()) return;
    if (this.#dirty.length > 0) this.#turns.schedule(this);
  }

  /** How long the network has taken none of the bytes that wait (ms), as far as the looks at it show; 0: none waits (rule B2). */
  stalledMs(now: number): number {
    return this.#out.stalledMs(now);
  }

  /** Sends a job's place if it moved: 0 to those who were told one when the job runs (rule W7). */
  sendQueuePlaces(): void {
    if (this.isPaused) return;
    for (const subscription of this.#subscriptions.values()) {
      const place = this.#placeOf(subscription);
      if (place === undefined || place.position === subscription.position) continue;
      subscription.position = place.position;
      this.send(this.#format.queue(subscription.jobId, place));
    }
  }

  #placeOf({ jobId, position }: Subscription): QueuePlace | undefined {
    const status = this.#log.peek(jobId)?.job.status;
    if (status === 'queued') return this.#board.peek(jobId);
    const isRunning = status === 'running' || status === 'uploading';
    return isRunning && position !== undefined ? { position: 0 } : undefined;
  }

  /** What it reads. */
  get jobIds(): Iterable<string> {
    return this.#subscriptions.keys();
  }

  /** Ends the connection from this side. */
  close(reason: CloseReason): void {
    this.#endsFor ??= reason;
    this.pump();
    this.#out.flush();
    this.#closing = true;
    // So that a client that listens can end it in good order.
    this.#hold(false);
    this.#sink.close(reason);
  }

  /** The connection is gone. Idempotent. */
  dispose(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const jobId of [...this.#subscriptions.keys()]) this.unsubscribe(jobId);
    this.#turns.forget(this, this.#endsFor ?? 'gone');
  }

  /** False: too many bytes wait. Then the reader is paused (rule B1). */
  #hasRoom(): boolean {
    if (this.#out.waitingBytes >= LIMITS.readerPauseBytes) {
      this.#pause();
      return false;
    }
    this.#resume();
    return true;
  }

  #pause(): void {
    if (this.isPaused) return;
    this.isPaused = true;
    // They are read again when there is room.
    for (const subscription of this.#subscriptions.values()) subscription.fetched = undefined;
  }

  #resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.#hold(false);
  }

  #hold(isHeld: boolean): void {
    if (this.isHeld === isHeld) return;
    this.isHeld = isHeld;
    this.#sink.holdInput(isHeld);
    // Nothing was heard from a client that was not read from.
    this.heardAt = Math.max(this.heardAt, this.#turns.clock.now());
  }

  /** Reads those that were dirty when the turn began, until there is no room: each one a batch, so that all have their turn. */
  #readDirty(): void {
    const room = LIMITS.readerPauseBytes - this.#out.waitingBytes;
    const { length } = this.#dirty;
    let done = 0;
    while (done < length && this.#out.queuedBytes < room) {
      const subscription = this.#dirty[done++];
      if (subscription === undefined) continue;
      subscription.dirty = false;
      this.#read(subscription);
    }
    if (done === this.#dirty.length) this.#dirty.length = 0;
    else this.#dirty.splice(0, done);
  }

  /** The job as it is now, before its events. A reader from another life of the log, or from beyond its head, begins again. */
  #greet(subscription: Subscription, record: JobRecord): void {
    const { jobId, epoch } = subscription;
    const head = record.job.lastEventSeq;
    subscription.greeted = true;
    subscription.epoch = record.epoch;
    this.#out.put(this.#format.snapshot({ jobId, job: withoutAddress(record.job), epoch: record.epoch, head }));
    if (epoch !== undefined && epoch !== record.epoch) this.#reset(subscription, record, 'epoch');
    else if (subscription.cursor > head) this.#reset(subscription, record, 'ahead');
  }

  #reset(subscription: Subscription, record: JobRecord, reason: 'epoch' | 'ahead'): void {
    const { jobId } = subscription;
    subscription.cursor = 0;
    subscription.epoch = record.epoch;
    subscription.fetched = undefined;
    const { job, epoch } = record;
    const snapshot = { jobId, job: withoutAddress(job), epoch, head: job.lastEventSeq };
    this.#out.put(this.#format.reset(snapshot, reason));
  }

  #refuse(subscription: Subscription, code: 'NOT_FOUND' | 'STORAGE_UNAVAILABLE'): void {
    if (subscription.closed) return;
    this.unsubscribe(subscription.jobId);
    this.send(this.#format.error(apiError(code), subscription.jobId));
    this.#tellEnd(subscription.jobId);
  }

  #wake(subscription: Subscription): void {
    if (subscription.dirty || subscription.closed || subscription.unwatch === undefined) return;
    subscription.dirty = true;
    this.#dirty.push(subscription);
    this.#turns.schedule(this);
  }

  #read(subscription: Subscription): void {
    const record = this.#log.peek(subscription.jobId);
    if (record === undefined) return this.#refuse(subscription, 'NOT_FOUND');
    if (!subscription.greeted) this.#greet(subscription, record);
    else if (record.epoch !== subscription.epoch) this.#reset(subscription, record, 'epoch');
    const batch = this.#next(subscription);
    if (batch === undefined) return;
    const last = batch.at(-1);
    if (last !== undefined) {
      this.#out.put(this.#format.events(batch));
      this.#counts.events += batch.length;
      subscription.cursor = last.event.seq;
    }
    if (subscription.cursor < record.job.lastEventSeq) return this.#wake(subscription);
    if (isFinal(record.job)) this.#end(subscription, record);
  }

  /** The next events in order, one batch; undefined while the store is asked for them. */
  #next(subscription: Subscription): readonly LoggedEvent[] | undefined {
    const { jobId, cursor, fetched } = subscription;
    const isFetched = fetched?.[0]?.event.seq === cursor + 1;
    subscription.fetched = undefined;
    const events = isFetched ? fetched : this.#log.peekEvents(jobId, cursor, LIMITS.eventsPerRead);
    if (events === undefined) {
      this.#fetch(subscription);
      return undefined;
    }
    const batch = firstBatch(events);
    if (isFetched && batch.length < events.length) subscription.fetched = events.slice(batch.length);
    return batch;
  }

  /** Asks the store for older events, for one subscription at a time: what it answers is held in memory until it is sent. */
  #fetch(subscription: Subscription): void {
    if (this.#isFetching) {
      this.#awaitingStore.add(subscription);
      return;
    }
    this.#isFetching = true;
    this.#log
      .readEvents(subscription.jobId, subscription.cursor)
      .then((events) => {
        if (!this.isPaused) subscription.fetched = events;
      })
      .catch(() => this.#refuse(subscription, 'STORAGE_UNAVAILABLE'))
      .finally(() => {
        this.#isFetching = false;
        this.#wake(subscription);
        for (const next of this.#awaitingStore) this.#wake(next);
        this.#awaitingStore.clear();
      });
  }

  #end(subscription: Subscription, { job }: JobRecord): void {
    this.unsubscribe(subscription.jobId);
    this.#out.put(this.#format.end(subscription.jobId, job.lastEventSeq, job.status));
    this.#tellEnd(subscription.jobId);
  }

  #tellEnd(jobId: string): void {
    if (!this.#sink.ended(jobId)) return;
    this.#endsFor ??= 'ended';
    this.#out.flush();
  }
}
