import * as z from 'zod/mini';
import type { Breaker, BreakerPolicy, Breakers } from '../../breaker.ts';
import type { Clock } from '../../clock.ts';
import type { RedisConnection } from '../../redis-connection.ts';
import { type BreakerRecord, CLOSED } from '../breaker-record.ts';
import { KnownRecord } from '../known-record.ts';
import { RecordBreaker, type Step } from '../record-breaker.ts';

/** A trial whose process died is over after this. */
const TRIAL_MS = 15_000;
/** A change whose announcement was lost is known after this. */
const LOOK_EVERY_MS = 1_000;
/** A backend that nobody asked for anything for so long begins anew. */
const KEEP_MS = 86_400_000;

/**
 * KEYS: the breaker. ARGV: the record as it is thought to be, the next one, how long that is kept (ms), where changes are
 * told. Answers what the record is instead, or nothing: it was replaced. The record of a closed breaker is no record.
 */
const REPLACE = `
local is = redis.call('GET', KEYS[1]) or ''
if is ~= ARGV[1] then return is end
if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
redis.call('PUBLISH', ARGV[4], '')
return false
`;

const StoredRecord = z.object({
  failures: z.number(),
  restsUntil: z.optional(z.number()),
  trial: z.optional(z.object({ by: z.string(), until: z.number() })),
});
const Text = z.nullable(z.string());
const Texts = z.array(Text);

const toText = (record: BreakerRecord) => (record === CLOSED ? '' : JSON.stringify(record));

/** What cannot be read is another version's: it is replaced at the next change. */
function toRecord(text: string): BreakerRecord {
  try {
    return z.parse(StoredRecord, JSON.parse(text));
  } catch {
    return CLOSED;
  }
}

/** One breaker's record in Redis, and as it was seen there last. */
interface Followed {
  readonly breaker: Breaker;
  readonly known: KnownRecord;
  readonly key: string;
  /** Undefined: this process went on by itself meanwhile. */
  text: string | undefined;
}

/** No record is written so. */
const UNKNOWN = '?';

/**
 * Breakers of many processes on one Redis. A record is replaced if it is still what its next one was made from, so that
 * every failure counts, and one trial is let through. Everything is asked over one connection that does not wait, whose
 * answers come in the order of events: what was seen last is the newest.
 */
export class RedisBreakers implements Breakers {
  readonly #connection: RedisConnection;
  readonly #clock: Clock;
  readonly #channel: string;
  readonly #followed = new Map<string, Followed>();
  readonly #undos: (() => void)[] = [];

  private constructor(connection: RedisConnection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
    this.#channel = `${connection.prefix}:breakers`;
  }

  /** Resolves once it hears the others. The connection is the caller's to close. */
  static async open(connection: RedisConnection, clock: Clock): Promise<RedisBreakers> {
    const breakers = new RedisBreakers(connection, clock);
    const look = () => void breakers.#look();
    breakers.#undos.push(await connection.listen(breakers.#channel, look), clock.every(LOOK_EVERY_MS, look));
    return breakers;
  }

  of(identity: string, policy: BreakerPolicy): Breaker {
    const { breaker } = this.#followed.get(identity) ?? this.#follow(identity, policy);
    return breaker;
  }

  async close(): Promise<void> {
    for (const undo of this.#undos) undo();
    for (const { known } of this.#followed.values()) known.close();
  }

  #follow(identity: string, policy: BreakerPolicy): Followed {
    const known = new KnownRecord(this.#clock);
    const change = (step: Step) => this.#change(followed, step, policy);
    const breaker = new RecordBreaker({ known, clock: this.#clock, policy, change, trialMs: TRIAL_MS });
    const key = `${this.#connection.prefix}:breaker:${identity}`;
    const followed: Followed = { breaker, known, key, text: '' };
    this.#followed.set(identity, followed);
    void this.#look();
    return followed;
  }

  /** Redis may have been away, or emptied: what it says then holds again. */
  async #look(): Promise<void> {
    const followed = [...this.#followed.values()];
    if (followed.length === 0) return;
    const keys = followed.map(({ key }) => key);
    await this.#tryTo(async () => {
      const texts = z.parse(Texts, await this.#connection.impatient.mget(keys));
      for (const [index, one] of followed.entries()) saw(one, texts[index] ?? '');
    });
  }

  async #change(followed: Followed, step: Step, { breakerOpenMs }: BreakerPolicy): Promise<BreakerRecord> {
    const { known, key } = followed;
    const isShared = await this.#tryTo(async () => {
      for (;;) {
        const { record } = known;
        const next = step(record);
        if (next === record || toText(next) === followed.text) return;
        const args = [followed.text ?? UNKNOWN, toText(next), String(breakerOpenMs + KEEP_MS), this.#channel];
        const is = z.parse(Text, await this.#connection.impatient.eval(REPLACE, 1, key, ...args));
        saw(followed, is ?? toText(next));
        if (is === null) return;
      }
    });
    if (!isShared) {
      followed.text = undefined;
      known.replace(step(known.record));
    }
    return known.record;
  }

  /** False: Redis cannot be used now, whatever the reason: each process can go by what it sees itself. */
  async #tryTo(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch {
      return false;
    }
  }
}

function saw(followed: Followed, text: string): void {
  if (text === followed.text) return;
  followed.text = text;
  followed.known.replace(text === '' ? CLOSED : toRecord(text));
}
