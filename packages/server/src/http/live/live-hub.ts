import { LIMITS } from '@darkroom/protocol';
import type { Clock } from '../../clock.ts';
import type { JobLog } from '../../jobs/job-log.ts';
import type { QueueBoard } from '../../jobs/queue-board.ts';
import { LiveConnection, type LiveTurns } from './live-connection.ts';
import { type EndReason, LiveCounts } from './live-counts.ts';
import type { LiveFormat } from './live-format.ts';
import type { LiveSink } from './live-sink.ts';

const TICK_MS = 1_000;
const TICKS_PER_HEARTBEAT = LIMITS.heartbeatMs / TICK_MS;
/** A reader that says nothing for so long is gone (rule W6). */
const SILENT_MS = 7 * LIMITS.heartbeatMs;
/** Turns of at least so many ms are followed by a rest as long as they were, but never longer than `MAX_REST_MS`. */
const LONG_TURN_MS = 2;
const MAX_REST_MS = 20;
const MIN_BYE_MS = 500;
const BYE_SPREAD_MS = 2_500;

/** Figures of all connections of a hub. */
export type HubStanding = Readonly<Record<'subscriptions' | 'paused' | 'held', number>>;

/** All live connections of this process: gives each its turn, keeps hearts beating, tells who waits where they stand. */
export class LiveHub implements LiveTurns {
  readonly log: JobLog;
  readonly board: QueueBoard;
  readonly clock: Clock;
  readonly counts = new LiveCounts();
  readonly #random: () => number;
  readonly #connections = new Set<LiveConnection>();
  #scheduled: LiveConnection[] = [];
  /** When the rest after the last turn is over (ms). */
  #restUntil = 0;
  #tick = 0;
  #connected = 0;
  #closing = false;
  readonly #stopTicking: () => void;

  constructor(log: JobLog, board: QueueBoard, clock: Clock, random: () => number) {
    this.log = log;
    this.board = board;
    this.clock = clock;
    this.#random = random;
    this.#stopTicking = clock.every(TICK_MS, () => this.#onTick());
  }

  /** What its connections read, how many of them wait until their reader has taken what it has, and how many are not read from. */
  standing(): HubStanding {
    let [subscriptions, paused, held] = [0, 0, 0];
    for (const connection of this.#connections) {
      subscriptions += connection.subscriptions;
      if (connection.isPaused) paused++;
      if (connection.isHeld) held++;
    }
    return { subscriptions, paused, held };
  }

  /** Why no more connection may come; undefined: one may. */
  get refusal(): 'SHUTTING_DOWN' | 'RATE_LIMITED' | undefined {
    if (this.#closing) return 'SHUTTING_DOWN';
    return this.#connections.size < LIMITS.maxConnections ? undefined : 'RATE_LIMITED';
  }

  connect(sink: LiveSink, format: LiveFormat): LiveConnection {
    const connection = new LiveConnection(this, sink, format, this.#connected++);
    this.#connections.add(connection);
    this.counts[format.transport].opened++;
    return connection;
  }

  forget(connection: LiveConnection, reason: EndReason): void {
    this.#connections.delete(connection);
    this.counts[connection.format.transport].closed[reason]++;
  }

  /** Gives the connection a turn soon, once, together with all others that have something to send. */
  schedule(connection: LiveConnection): void {
    if (connection.scheduled) return;
    connection.scheduled = true;
    if (this.#scheduled.length === 0) this.#planTurn();
    this.#scheduled.push(connection);
  }

  /** Says goodbye to everybody, each with another time to come back, and ends their connections. */
  close(): void {
    this.#closing = true;
    this.#stopTicking();
    for (const connection of this.#connections) {
      const afterMs = MIN_BYE_MS + Math.floor(this.#random() * BYE_SPREAD_MS);
      // What the stop itself wrote comes before the goodbye.
      connection.pump();
      connection.send(connection.format.bye(afterMs));
      connection.close('bye');
    }
  }

  /**
   * At once, or after a rest: when events come faster than they can be written to everybody one by one, those of the rest
   * leave in one write, and whoever asks for something else meanwhile is not kept waiting by the crowd.
   */
  #planTurn(): void {
    // The machine's clock may be set back.
    const restMs = Math.min(this.#restUntil - this.clock.now(), MAX_REST_MS);
    if (restMs <= 0) setImmediate(() => this.#pumpAll());
    else this.clock.after(restMs, () => this.#pumpAll());
  }

  #pumpAll(): void {
    const begunAt = this.clock.now();
    const turn = this.#scheduled;
    this.#scheduled = [];
    for (const connection of turn) {
      connection.scheduled = false;
      connection.pump();
    }
    const endedAt = this.clock.now();
    const tookMs = endedAt - begunAt;
    this.#restUntil = tookMs < LONG_TURN_MS ? 0 : endedAt + Math.min(tookMs, MAX_REST_MS);
  }

  #onTick(): void {
    this.#tick++;
    this.#beat();
    if (this.#connections.size > 0) this.#sendQueuePlaces();
  }

  /** A tenth of the connections each second, so that no beat is a burst. */
  #beat(): void {
    const now = this.clock.now();
    const share = this.#tick % TICKS_PER_HEARTBEAT;
    const read = new Set<string>();
    for (const connection of this.#connections) {
      if (connection.number % TICKS_PER_HEARTBEAT !== share) continue;
      for (const jobId of connection.jobIds) read.add(jobId);
      this.#beatOne(connection, now);
    }
    for (const jobId of read) this.#refresh(jobId);
  }

  /** Finds what another process wrote and the relay did not tell. */
  #refresh(jobId: string): void {
    this.log.refresh(jobId).catch(() => {
      // The store cannot be read now; the next beat asks again.
    });
  }

  #beatOne(connection: LiveConnection, now: number): void {
    if (connection.stalledMs(now) > LIMITS.readerStallMs) return connection.close('stalled');
    if (connection.isPaused) return;
    if (now - connection.heardAt > SILENT_MS) return connection.close('silent');
    connection.send(connection.format.ping(now));
  }

  *#waitingJobs(): Iterable<string> {
    for (const { jobIds } of this.#connections)
      for (const jobId of jobIds) if (this.log.peek(jobId)?.job.status === 'queued') yield jobId;
  }

  #sendQueuePlaces(): void {
    this.board
      .refresh(this.#waitingJobs())
      .then(() => {
        for (const connection of this.#connections) connection.sendQueuePlaces();
      })
      .catch(() => {
        // The queue cannot be asked now; the next second asks again.
      });
  }
}
