import { apiError, isFinal, LIMITS, type Position, type QueuePlace, withoutAddress } from '@darkroom/protocol';
import type { Clock } from '../../clock.ts';
import type { LoggedEvent } from '../../jobs/hot-jobs.ts';
import type { JobLog } from '../../jobs/job-log.ts';
import type { QueueBoard } from '../../jobs/queue-board.ts';
import type { JobRecord } from '../../store.ts';
import type { CloseReason, EndReason, LiveCounts, TransportCounts } from './live-counts.ts';
import type { LiveFormat } from './live-format.ts';

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

/** Where a connection's bytes go. */
export interface LiveSink {
  /** Bytes accepted but not yet taken by the network. */
  readonly bufferedBytes: number;
  /** False: the network is behind, and the connection's `drained` is called when it has caught up. */
  write(bytes: Buffer): boolean;
  /** Called when a job this connection read has ended, or cannot be read. True: so does the connection. */
  ended(jobId: string): boolean;
  /** Ends the connection after what was written; `stalled` cuts it. */
  close(reason: CloseReason): void;
}

/** One job on one connection: a cursor in its log. */
interface Subscription {
  readonly jobId: string;
  cursor: number;
  epoch: string | undefined;
  /** There may be something new: to be looked at in the connection's next turn. */
  dirty: boolean;
  /** Older events were asked of the store. */
  reading: boolean;
  /** What the store answered. */
  fetched: readonly LoggedEvent[] | undefined;
  /** The queue place last sent. */
  position: number | undefined;
  closed: boolean;
  unwatch: (() => void) | undefined;
}

/**
 * One reader's connection. The log only wakes it; what it sends, it reads from the log at its own cursor, exactly
 * `cursor + 1` onwards. So history and live are one thing, and a slow reader is a cursor that waits.
 */
export class LiveConnection {
  readonly #turns: LiveTurns;
  readonly #log: JobLog;
  readonly #board: QueueBoard;
  readonly #sink: LiveSink;
  readonly #format: LiveFormat;
  readonly #counts: TransportCounts;
  readonly #subscriptions = new Map<string, Subscription>();
  /** What leaves in this turn's write. */
  readonly #out: Buffer[] = [];
  /** The network had not taken all when last written to. */
  #behind = false;
  #closed = false;
  /** Why it ends, if that is known. */
  #endsFor: EndReason | undefined;
  /** When anything last came from the reader (ms); `Infinity` for one that cannot speak. */
  heardAt: number;
  /** When the reader last took a byte while it had too many waiting (ms); undefined: it keeps up. */
  pausedAt: number | undefined;
  /** Unsent bytes when that was last looked at. */
  #unsent = 0;
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
    const subscription: Subscription = {
      jobId,
      cursor: position.seq,
      epoch: position.epoch,
      dirty: false,
      reading: false,
      fetched: undefined,
      position: undefined,
      closed: false,
      unwatch: undefined,
    };
    this.#subscriptions.set(jobId, subscription);
    let unwatch: (() => void) | undefined;
    try {
      unwatch = await this.#log.watch(jobId, () => this.#wake(subscription));
      const record = unwatch && (await this.#log.loadFor(jobId, position));
      if (subscription.closed) return unwatch?.();
      subscription.unwatch = unwatch;
      if (record === undefined) return this.#refuse(subscription, 'NOT_FOUND');
      this.#begin(subscription, record);
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
    this.#subscriptions.delete(jobId);
  }

  /** Puts bytes into this turn's write. */
  send(bytes: Buffer): void {
    if (this.#closed) return;
    this.#out.push(bytes);
    this.#turns.schedule(this);
  }

  /** The network took what waited. */
  drained(): void {
    this.pausedAt = undefined;
    this.#behind = false;
    this.#turns.schedule(this);
  }

  /**
   * This connection's turn: what is new for its subscriptions leaves in one write. Runs for every reader of every event,
   * so it makes no lists and looks at the sink's buffer only when there is something in it.
   */
  pump(): void {
    if (this.#closed) return;
    if (!this.#behind || this.#sink.bufferedBytes < LIMITS.readerHighWaterBytes) {
      this.pausedAt = undefined;
      for (const subscription of this.#subscriptions.values()) {
        if (!subscription.dirty) continue;
        subscription.dirty = false;
        this.#read(subscription);
      }
    } else {
      this.#pause();
    }
    const last = this.#out.pop();
    if (last === undefined) return;
    const counts = this.#counts;
    counts.messages += this.#out.length + 1;
    const bytes = this.#out.length === 0 ? last : Buffer.concat([...this.#out.splice(0), last]);
    counts.writes++;
    counts.bytes += bytes.length;
    if (!this.#sink.write(bytes)) this.#behind = true;
  }

  /** How long a reader with too many bytes waiting has taken none of them (ms); undefined: it keeps up (rule B2). */
  stalledMs(now: number): number | undefined {
    if (this.pausedAt === undefined) return undefined;
    if (this.#sink.bufferedBytes < this.#unsent) this.pausedAt = now;
    this.#unsent = this.#sink.bufferedBytes;
    return now - this.pausedAt;
  }

  /** Sends a job's place if it moved: 0 to those who were told one when the job runs (rule W7). */
  sendQueuePlaces(): void {
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
    this.#sink.close(reason);
  }

  /** The connection is gone. Idempotent. */
  dispose(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const jobId of [...this.#subscriptions.keys()]) this.unsubscribe(jobId);
    this.#turns.forget(this, this.#endsFor ?? 'gone');
  }

  #pause(): void {
    if (this.pausedAt !== undefined) return;
    this.pausedAt = this.#turns.clock.now();
    this.#unsent = this.#sink.bufferedBytes;
  }

  #begin(subscription: Subscription, record: JobRecord): void {
    const { jobId } = subscription;
    const head = record.job.lastEventSeq;
    this.send(this.#format.snapshot({ jobId, job: withoutAddress(record.job), epoch: record.epoch, head }));
    const otherLife = subscription.epoch !== undefined && subscription.epoch !== record.epoch;
    subscription.epoch = record.epoch;
    if (otherLife) this.#reset(subscription, record, 'epoch');
    else if (subscription.cursor > head) this.#reset(subscription, record, 'ahead');
    this.#wake(subscription);
  }

  #reset(subscription: Subscription, record: JobRecord, reason: 'epoch' | 'ahead'): void {
    const { jobId } = subscription;
    subscription.cursor = 0;
    subscription.epoch = record.epoch;
    subscription.fetched = undefined;
    const { job, epoch } = record;
    const snapshot = { jobId, job: withoutAddress(job), epoch, head: job.lastEventSeq };
    this.send(this.#format.reset(snapshot, reason));
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
    this.#turns.schedule(this);
  }

  #read(subscription: Subscription): void {
    const record = this.#log.peek(subscription.jobId);
    if (record === undefined) return this.#refuse(subscription, 'NOT_FOUND');
    if (record.epoch !== subscription.epoch) this.#reset(subscription, record, 'epoch');
    const batch = this.#next(subscription);
    if (batch === undefined) return;
    const last = batch.at(-1);
    if (last !== undefined) {
      this.#out.push(this.#format.events(batch));
      this.#counts.events += batch.length;
      subscription.cursor = last.event.seq;
    }
    if (subscription.cursor < record.job.lastEventSeq) return this.#wake(subscription);
    if (isFinal(record.job)) this.#end(subscription, record);
  }

  /** The next events in order; undefined while the store is asked for them. */
  #next(subscription: Subscription): readonly LoggedEvent[] | undefined {
    const { jobId, cursor, fetched } = subscription;
    subscription.fetched = undefined;
    if (fetched?.[0]?.event.seq === cursor + 1) return fetched;
    const recent = this.#log.peekEvents(jobId, cursor, LIMITS.eventsPerRead);
    if (recent === undefined && !subscription.reading) this.#fetch(subscription);
    return recent;
  }

  #fetch(subscription: Subscription): void {
    subscription.reading = true;
    this.#log
      .readEvents(subscription.jobId, subscription.cursor)
      .then((events) => {
        subscription.fetched = events;
      })
      .catch(() => this.#refuse(subscription, 'STORAGE_UNAVAILABLE'))
      .finally(() => {
        subscription.reading = false;
        this.#wake(subscription);
      });
  }

  #end(subscription: Subscription, { job }: JobRecord): void {
    this.unsubscribe(subscription.jobId);
    this.#out.push(this.#format.end(subscription.jobId, job.lastEventSeq, job.status));
    this.#tellEnd(subscription.jobId);
  }

  #tellEnd(jobId: string): void {
    if (this.#sink.ended(jobId)) this.#endsFor ??= 'ended';
  }
}
