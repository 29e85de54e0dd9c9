import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import type { ConsumeOptions, Consumer, Queue, QueueEntry } from '../../queue.ts';
import { type RedisConnection, RedisUnavailableError } from '../../redis-connection.ts';
import { BullmqLane, defineLaneCommands, type LaneTimes, type TakenJob } from './bullmq-lane.ts';
import { FIRST_OF, MISSING_IN, MOVE_IN_LINE, PLACES_OF, SIZE_OF } from './queue-scripts.ts';

const TIMES: LaneTimes = { lockMs: 15_000, stalledCheckMs: 5_000 };
/** A job whose announcement was lost waits no longer than this. */
const LOOK_EVERY_MS = 1_000;
/** Redis does nothing else while it runs a script. */
const JOBS_PER_SCRIPT = 1_000;

const Backends = z.array(z.string());
const Places = z.array(z.number());
const Names = z.array(z.string());
const Count = z.number();

/** A consumer and what it has in hand. */
interface Hand extends Consumer {
  readonly free: number;
  mayTake(lane: BullmqLane): boolean;
  take(job: TakenJob): void;
}

/**
 * The queue of many processes on one Redis. Each lane is a queue of BullMQ, which hands each job to one worker, keeps its
 * lock and hands it out again when the worker is gone; what is added here is the choice between lanes, and exact order.
 */
export class BullmqQueue implements Queue {
  readonly #connection: RedisConnection;
  readonly #times: LaneTimes;
  readonly #id = randomUUID();
  readonly #lanes = new Map<string, BullmqLane>();
  readonly #hands = new Set<Hand>();
  readonly #taken = new Set<TakenJob>();
  readonly #onLost = new Set<() => void>();
  readonly #undos: (() => void)[] = [];
  #tokens = 0;
  #size = 0;
  /** Tells this filling of Redis from the next. */
  #mark: string | undefined;
  #serving: Promise<void> | undefined;
  #serveAgain = false;
  #closed = false;

  private constructor(connection: RedisConnection, times: LaneTimes) {
    this.#connection = connection;
    this.#times = times;
  }

  /** Resolves once it knows the lanes there are. The connection is the caller's to close. */
  static async open(connection: RedisConnection, times: LaneTimes = TIMES): Promise<BullmqQueue> {
    const queue = new BullmqQueue(connection, times);
    defineLaneCommands(connection);
    queue.#undos.push(await connection.listen(queue.#key('queue'), (lane) => queue.#heard(lane)));
    await queue.#tryTo(() => queue.#look());
    await queue.#tryTo(() => queue.#readMark());
    const onReady = () => void queue.#returned();
    connection.commands.on('ready', onReady);
    const looking = setInterval(() => void queue.#tryTo(() => queue.#look()), LOOK_EVERY_MS);
    const renewing = setInterval(() => void queue.#tryTo(() => queue.#renew()), times.lockMs / 3);
    queue.#undos.push(
      () => connection.commands.off('ready', onReady),
      () => clearInterval(looking),
      () => clearInterval(renewing),
    );
    return queue;
  }

  async add(entry: QueueEntry): Promise<void> {
    await this.#tryTo(async () => {
      const lane = this.#lane(entry.backends);
      if (await this.#isElsewhere(entry.jobId, lane)) return;
      await lane.add(entry);
    });
  }

  async remove(jobId: string): Promise<void> {
    await this.#tryTo(async () => {
      await Promise.all([...this.#lanes.values()].map((lane) => lane.remove(jobId)));
    });
  }

  async move(tickets: readonly Pick<QueueEntry, 'jobId' | 'ticket'>[]): Promise<void> {
    const pairs = tickets.flatMap(({ jobId, ticket }) => [ticket, jobId]);
    await this.#tryTo(() => this.#run(MOVE_IN_LINE, pairs));
  }

  async missing(jobIds: readonly string[]): Promise<readonly string[]> {
    const missing: string[] = [];
    for (let first = 0; first < jobIds.length; first += JOBS_PER_SCRIPT) {
      const some = jobIds.slice(first, first + JOBS_PER_SCRIPT);
      missing.push(...z.parse(Names, (await this.#tryTo(() => this.#run(MISSING_IN, some))) ?? []));
    }
    return missing;
  }

  consume({ names, concurrency, accepts, run }: ConsumeOptions): Consumer {
    const working = new Set<Promise<void>>();
    let stopped = false;
    let running = 0;
    const work = async (job: TakenJob) => {
      running++;
      const again = await run(job.entry).finally(() => {
        running--;
      });
      await this.#finish(job, again);
    };
    const hand: Hand = {
      get running() {
        return running;
      },
      get free() {
        return stopped ? 0 : concurrency - working.size;
      },
      mayTake: ({ backends }) => names.some((name) => backends.includes(name)) && (accepts?.(backends) ?? true),
      take: (job) => {
        const whole = work(job).finally(() => {
          working.delete(whole);
          this.#serve();
        });
        working.add(whole);
      },
      wake: () => this.#serve(),
      stop: async () => {
        stopped = true;
        this.#hands.delete(hand);
        await this.#serving;
        await Promise.allSettled(working);
      },
    };
    this.#hands.add(hand);
    this.#serve();
    return hand;
  }

  async size(): Promise<number> {
    await this.#tryTo(async () => {
      this.#size = z.parse(Count, await this.#run(SIZE_OF));
    });
    return this.#size;
  }

  async places(jobIds?: readonly string[]): Promise<ReadonlyMap<string, number>> {
    if (jobIds === undefined) return (await this.#tryTo(() => this.#allPlaces())) ?? new Map();
    if (jobIds.length === 0) return new Map();
    const places = z.parse(Places, (await this.#tryTo(() => this.#run(PLACES_OF, jobIds))) ?? []);
    return new Map(places.flatMap((place, index) => (place > 0 ? [[jobIds[index] ?? '', place] as const] : [])));
  }

  onLost(fn: () => void): () => void {
    this.#onLost.add(fn);
    return () => this.#onLost.delete(fn);
  }

  check(): Promise<void> {
    return this.#connection.check();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    await Promise.all([...this.#hands].map((hand) => hand.stop()));
    this.#closed = true;
    for (const undo of this.#undos) undo();
    await Promise.all([...this.#lanes.values()].map((lane) => lane.close()));
  }

  #key(name: string): string {
    return `${this.#connection.prefix}:${name}`;
  }

  #lane(backends: readonly string[]): BullmqLane {
    const key = JSON.stringify(backends);
    const known = this.#lanes.get(key);
    if (known !== undefined) return known;
    const shared = { lanes: this.#key('lanes'), channel: this.#key('queue') };
    const lane = new BullmqLane(backends, this.#connection, shared, this.#times);
    this.#lanes.set(key, lane);
    return lane;
  }

  /** Undefined while Redis cannot be asked: the store has everything, and what is missing here is added again from it. */
  async #tryTo<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (this.#closed) return undefined;
    try {
      return await this.#connection.ask(work);
    } catch (thrown) {
      if (thrown instanceof RedisUnavailableError) return undefined;
      throw thrown;
    }
  }

  #run(script: string, args: readonly (string | number)[] = [], lanes = [...this.#lanes.values()]): Promise<unknown> {
    const bases = lanes.map(({ base }) => base);
    return this.#connection.run(script, bases, args);
  }

  async #isElsewhere(jobId: string, own: BullmqLane): Promise<boolean> {
    const keys = [...this.#lanes.values()].flatMap((lane) => (lane === own ? [] : lane.jobKey(jobId)));
    return keys.length > 0 && (await this.#connection.commands.exists(keys)) > 0;
  }

  async #allPlaces(): Promise<ReadonlyMap<string, number>> {
    const transaction = this.#connection.commands.multi();
    for (const { waitingKey, againKey } of this.#lanes.values())
      transaction.lrange(againKey, 0, -1).zrange(waitingKey, '0', '-1', 'WITHSCORES');
    const answers = (await transaction.exec()) ?? [];
    const again: string[] = [];
    const waiting: { readonly jobId: string; readonly ticket: number }[] = [];
    answers.forEach(([, answer], index) => {
      const names = z.parse(Names, answer);
      if (index % 2 === 0) again.push(...names.reverse());
      else
        for (let at = 0; at < names.length; at += 2)
          waiting.push({ jobId: names[at] ?? '', ticket: Number(names[at + 1]) });
    });
    waiting.sort((a, b) => a.ticket - b.ticket);
    return new Map([...again, ...waiting.map(({ jobId }) => jobId)].map((jobId, index) => [jobId, index + 1]));
  }

  #heard(lane: string): void {
    try {
      this.#lane(z.parse(Backends, JSON.parse(lane)));
    } catch {
      // Another version's words.
    }
    this.#serve();
  }

  /** Finds lanes and jobs that nobody announced, or whose announcement was lost. */
  async #look(): Promise<void> {
    for (const key of await this.#connection.commands.smembers(this.#key('lanes')))
      this.#lane(z.parse(Backends, JSON.parse(key)));
    this.#serve();
  }

  /** Whoever finds Redis without a mark marks it; a new mark says that everything before it is gone. */
  async #readMark(): Promise<void> {
    const { commands } = this.#connection;
    await commands.set(this.#key('mark'), randomUUID(), 'NX');
    const mark = (await commands.get(this.#key('mark'))) ?? undefined;
    const wasLost = this.#mark !== undefined && this.#mark !== mark;
    this.#mark = mark;
    if (wasLost) this.#tellLost();
  }

  /** The connection is back: what was added meanwhile, and perhaps everything, is missing. */
  async #returned(): Promise<void> {
    this.#mark = undefined;
    await this.#tryTo(() => this.#renew());
    this.#tellLost();
    this.#serve();
  }

  #tellLost(): void {
    for (const fn of this.#onLost) fn();
  }

  /** Says what this process is working on. */
  async #renew(): Promise<void> {
    const byLane = Map.groupBy(this.#taken, ({ lane }) => lane);
    await Promise.all([...byLane].map(([lane, jobs]) => lane.extend(jobs)));
    await this.#readMark();
  }

  /** One at a time in this process, so that a consumer's answers hold until it has what it accepted. */
  #serve(): void {
    this.#serveAgain = true;
    this.#serving ??= this.#serveAll().finally(() => {
      this.#serving = undefined;
    });
  }

  async #serveAll(): Promise<void> {
    while (this.#serveAgain && !this.#closed) {
      this.#serveAgain = false;
      await this.#tryTo(async () => {
        for (const hand of this.#hands) await this.#fill(hand);
      });
    }
  }

  async #fill(hand: Hand): Promise<void> {
    while (hand.free > 0) {
      const lanes = [...this.#lanes.values()].filter((lane) => hand.mayTake(lane));
      // Where nothing waits, too: a dead process may have taken the only job, which no other process would put back in line.
      for (const lane of lanes) lane.join(() => this.#serve());
      const lane = lanes.length > 1 ? await this.#first(lanes) : lanes[0];
      const job = await lane?.take(`${this.#id}:${this.#tokens++}`);
      if (job !== undefined) {
        this.#taken.add(job);
        hand.take(job);
      } else if (lane === undefined || lanes.length === 1) return;
      // Of several, somebody else was faster at this one: another may still have a job.
    }
  }

  /** The lane whose first entry has the lowest ticket; undefined if all are empty. */
  async #first(lanes: BullmqLane[]): Promise<BullmqLane | undefined> {
    return lanes[z.parse(Count, await this.#run(FIRST_OF, [], lanes)) - 1];
  }

  /** Takes the job off the queue, or puts it back in line. One that Redis has forgotten, or gave to somebody else, is not ours to take off. */
  async #finish(job: TakenJob, again: QueueEntry | undefined): Promise<void> {
    this.#taken.delete(job);
    await this.#tryTo(() =>
      job.done().catch(() => {
        // Redis has forgotten it, or it was handed to somebody else.
      }),
    );
    if (again !== undefined) await this.add(again);
  }
}
