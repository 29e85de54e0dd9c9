import type { FastifyRateLimitStore } from '@fastify/rate-limit';
import * as z from 'zod/mini';
import type { Clock } from '../clock.ts';

/** KEYS: an address. ARGV: the window (ms). Counts one more; answers the count and what is left of the window (ms). */
const COUNT = `
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}
`;
const Counted = z.tuple([z.number(), z.number()]);
const KEY = '{darkroom}:limit:';
/** Addresses that are remembered here; whoever came first is forgotten first. */
const MAX_ADDRESSES = 10_000;

/** What it needs of a client of Redis: one whose commands fail soon when there is no answer. */
export interface CountingRedis {
  eval(script: string, keys: number, ...args: string[]): Promise<unknown>;
}

/** Requests of the current window, this one included, and what is left of it (ms). */
interface RequestCount {
  readonly current: number;
  readonly ttl: number;
}

/**
 * Requests of each address in the current window: of all processes together over Redis, of this one alone without it, or
 * while it does not answer at once. So nobody is refused because Redis is gone, and nobody gets more than the limit at each
 * process.
 */
export class RequestCounts implements FastifyRateLimitStore {
  readonly #redis: CountingRedis | undefined;
  readonly #clock: Clock;
  readonly #windows = new Map<string, { count: number; readonly endsAt: number }>();

  constructor(redis: CountingRedis | undefined, clock: Clock) {
    this.#redis = redis;
    this.#clock = clock;
  }

  incr(address: string, callback: (error: null, result: RequestCount) => void, windowMs: number): void {
    void this.#count(address, windowMs).then((count) => callback(null, count));
  }

  /** All routes are counted together. */
  child(): this {
    return this;
  }

  async #count(address: string, windowMs: number): Promise<RequestCount> {
    if (this.#redis === undefined) return this.#countHere(address, windowMs);
    try {
      const counted = await this.#redis.eval(COUNT, 1, `${KEY}${address}`, String(windowMs));
      const [current, ttl] = z.parse(Counted, counted);
      return { current, ttl };
    } catch {
      return this.#countHere(address, windowMs);
    }
  }

  #countHere(address: string, windowMs: number): RequestCount {
    const now = this.#clock.now();
    const known = this.#windows.get(address);
    const window = known !== undefined && known.endsAt > now ? known : { count: 0, endsAt: now + windowMs };
    window.count++;
    this.#windows.delete(address);
    this.#windows.set(address, window);
    for (const oldest of this.#windows.keys()) {
      if (this.#windows.size <= MAX_ADDRESSES) break;
      this.#windows.delete(oldest);
    }
    return { current: window.count, ttl: window.endsAt - now };
  }
}
