import { createHash } from 'node:crypto';
import { Job, Queue, Worker } from 'bullmq';
import * as z from 'zod/mini';
import type { QueueEntry } from '../../queue.ts';
import type { RedisConnection } from '../../redis-connection.ts';
import { LAST, PLACE_IN_LINE } from './queue-scripts.ts';

/** Lanes note their events in a stream that nobody here reads. */
const EVENTS_KEPT = 100;
const NAME_CHARS = 22;
/** Redis does nothing else while a transaction runs. */
const ADDED_AT_ONCE = 100;
/** BullMQ's and the one that gives the job its place. */
const COMMANDS_PER_ENTRY = 2;

const Ticket = z.number();

type RedisClient = Awaited<Queue['backend']['client']>;

export interface LaneTimes {
  /** A job whose worker gives no sign of life for so long is handed out again. */
  readonly lockMs: number;
  /** How often that is looked for. */
  readonly stalledCheckMs: number;
}

/** What all lanes have in common in Redis. */
export interface LanesNames {
  /** The set of their names. */
  readonly lanes: string;
  /** The channel on which the name of a lane is told that has a new job. */
  readonly channel: string;
}

/** A job that was taken and is held until it is done. */
export interface TakenJob {
  readonly entry: QueueEntry;
  readonly lane: BullmqLane;
  readonly token: string;
  /** Takes it off the queue. Throws if it is not ours any more. */
  done(): Promise<void>;
}

interface Adding {
  readonly entry: QueueEntry;
  readonly resolve: () => void;
  readonly reject: (thrown: unknown) => void;
}

/** Entries that the same consumers may take: one queue of BullMQ. */
export class BullmqLane {
  /** The names as JSON: how the lane is known to all processes. */
  readonly key: string;
  readonly backends: readonly string[];
  /** What its keys begin with. */
  readonly base: string;
  readonly #connection: RedisConnection;
  readonly #shared: LanesNames;
  readonly #times: LaneTimes;
  readonly #queue: Queue<number>;
  #worker: Worker<number> | undefined;
  #adding: Adding[] = [];

  constructor(backends: readonly string[], connection: RedisConnection, shared: LanesNames, times: LaneTimes) {
    this.key = JSON.stringify(backends);
    this.backends = backends;
    this.#connection = connection;
    this.#shared = shared;
    this.#times = times;
    const name = createHash('sha256').update(this.key).digest('base64url').slice(0, NAME_CHARS);
    const { commands, prefix } = connection;
    this.base = `${prefix}:${name}:`;
    this.#queue = new Queue<number>(name, {
      connection: commands,
      prefix,
      streams: { events: { maxLen: EVENTS_KEPT } },
    });
    this.#queue.on('error', ignore);
  }

  get waitingKey(): string {
    return `${this.base}prioritized`;
  }

  /** Jobs whose worker died; they are served before all others. */
  get againKey(): string {
    return `${this.base}wait`;
  }

  jobKey(jobId: string): string {
    return `${this.base}${jobId}`;
  }

  /** A job that is in this lane already, or being worked on, is left as it is. What is added at the same moment goes together. */
  add(entry: QueueEntry): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#adding.length === 0) process.nextTick(() => this.#addAll());
      this.#adding.push({ entry, resolve, reject });
    });
  }

  /** One that is being worked on stays. */
  async remove(jobId: string): Promise<void> {
    await this.#queue.remove(jobId);
  }

  /** Makes this process one that may take jobs of this lane, and that puts back in line what a dead process took. Idempotent. */
  join(onAgain: () => void): void {
    if (this.#worker !== undefined) return;
    const { lockMs, stalledCheckMs } = this.#times;
    const worker = new Worker<number>(this.#queue.name, null, {
      connection: this.#connection.commands,
      prefix: this.#connection.prefix,
      autorun: false,
      lockDuration: lockMs,
      stalledInterval: stalledCheckMs,
      // How often a job may be handed out again is for its log to say.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
    });
    this.#worker = worker;
    worker.on('error', ignore);
    worker.on('stalled', onAgain);
    worker.startStalledCheckTimer().catch(ignore);
  }

  /** The next job, if there is one. This process has joined. */
  async take(token: string): Promise<TakenJob | undefined> {
    const job = await this.#worker?.getNextJob(token, { block: false });
    if (job?.id === undefined) return undefined;
    const entry = { jobId: job.id, ticket: z.parse(Ticket, job.data), backends: this.backends };
    return {
      entry,
      lane: this,
      token,
      done: async () => void (await job.moveToCompleted(undefined, token, false)),
    };
  }

  /** Says that these jobs are still being worked on. */
  async extend(taken: readonly TakenJob[]): Promise<void> {
    const ids = taken.map(({ entry }) => entry.jobId);
    const tokens = taken.map(({ token }) => token);
    await this.#worker?.extendJobLocks(ids, tokens, this.#times.lockMs);
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.#worker?.close(true), this.#queue.close()]);
  }

  #addAll(): void {
    const all = this.#adding;
    this.#adding = [];
    for (let first = 0; first < all.length; first += ADDED_AT_ONCE) {
      const some = all.slice(first, first + ADDED_AT_ONCE);
      this.#addSome(some).catch((thrown: unknown) => {
        for (const { reject } of some) reject(thrown);
      });
    }
  }

  /** Adds entries in one transaction and settles their promises. One that is refused is left out, and fails alone. */
  async #addSome(some: readonly Adding[]): Promise<void> {
    const transaction = (await this.#queue.backend.client).multi();
    const sent = some.filter(({ entry, reject }) => {
      try {
        this.#send(transaction, entry);
        return true;
      } catch (thrown) {
        reject(thrown);
        return false;
      }
    });
    const answers = (await transaction.exec()) ?? [];
    if (answers.length !== COMMANDS_PER_ENTRY * sent.length) throw new Error('a command or its answer is missing');
    for (const [index, { resolve, reject }] of sent.entries()) {
      const own = answers.slice(COMMANDS_PER_ENTRY * index, COMMANDS_PER_ENTRY * (index + 1));
      const refused = own.find(([error]) => error !== null);
      if (refused === undefined) resolve();
      else reject(refused[0]);
    }
  }

  /** BullMQ keeps order for 2²¹ priorities only, so tickets themselves become the jobs' scores in the same transaction. */
  #send(transaction: ReturnType<RedisClient['multi']>, { jobId, ticket }: QueueEntry): void {
    const { lanes, channel } = this.#shared;
    const options = { jobId, priority: LAST, removeOnComplete: true, removeOnFail: true };
    // Throws for an entry that BullMQ refuses; what it promises is of no use inside a transaction.
    new Job(this.#queue, 'job', ticket, options, jobId).addJob(transaction).catch(ignore);
    transaction.runCommand('placeInLine', [this.waitingKey, lanes, ticket, jobId, this.key, channel]);
  }
}

/** Trouble with the connection is told by the connection. */
function ignore(): void {}

/** Makes the scripts that lanes use known to a connection. */
export function defineLaneCommands({ commands }: RedisConnection): void {
  commands.defineCommand('placeInLine', { numberOfKeys: 2, lua: PLACE_IN_LINE });
}
