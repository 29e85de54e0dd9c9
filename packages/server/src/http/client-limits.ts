import type { IncomingMessage } from 'node:http';
import { LIMITS } from '@darkroom/protocol';
import type { Clock } from '../clock.ts';
import type { Identities } from '../identity.ts';
import { type Client, limitKeys } from '../jobs/client.ts';
import type { ClientAddresses } from './client-address.ts';
import { TokenBucket } from './live/token-bucket.ts';
import { RequestError } from './request-error.ts';

/** What is counted by the minute, and what a refusal calls it. */
const ACTIONS = {
  jobs: { perMinute: LIMITS.jobsPerMinute, what: 'create or retry', things: 'jobs' },
  uploads: { perMinute: LIMITS.uploadsPerMinute, what: 'upload', things: 'images' },
  conversations: { perMinute: LIMITS.conversationsPerMinute, what: 'start', things: 'conversations' },
  messages: { perMinute: LIMITS.messagesPerMinute, what: 'send', things: 'messages' },
  links: { perMinute: LIMITS.linksPerMinute, what: 'create or open', things: 'links' },
  changes: { perMinute: LIMITS.changesPerMinute, what: 'make', things: 'changes' },
} as const;
export type LimitedAction = keyof typeof ACTIONS;

/** What is counted while it lasts. */
const HELD = {
  connections: { max: LIMITS.connectionsPerClient, things: 'live connections' },
  polls: { max: LIMITS.pollsPerClient, things: 'waiting polls' },
} as const;
type HeldThing = keyof typeof HELD;

/** Clients whose actions are remembered; those that did nothing for the longest time are forgotten first. */
const MAX_REMEMBERED = 50_000;
const MINUTE_S = 60;

/** A socket, as far as it is counted. */
interface Subscriber {
  readonly subscriptions: number;
}

export interface ClientLimitsOptions {
  readonly addresses: ClientAddresses;
  readonly identities: Pick<Identities, 'identify' | 'nameOf'>;
  readonly clock: Clock;
  /** `Config.maxQueuedPerClient`: twice as many may be created at once. */
  readonly maxQueuedPerClient: number;
}

/**
 * Limits of one client at this process (rule R13), by its identity and by its address. They bound what a client costs the
 * others; no single person comes near them. Clients on this machine have none.
 */
export class ClientLimits {
  readonly #options: ClientLimitsOptions;
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #held: Readonly<Record<HeldThing, Map<string, number>>> = { connections: new Map(), polls: new Map() };
  readonly #sockets = new Map<string, Set<Subscriber>>();

  constructor(options: ClientLimitsOptions) {
    this.#options = options;
  }

  /** Who makes the request. Throws an `IdentityError` where that cannot be believed. */
  clientOf(request: IncomingMessage): Client {
    const { addresses, identities } = this.#options;
    const isNamed = identities.nameOf(request) !== undefined;
    return {
      owner: identities.identify(request, addresses.isHttps(request)),
      address: isNamed ? undefined : addresses.limitKey(request),
      isLocal: addresses.isLocal(request),
    };
  }

  /** A hook that counts a route's requests before anything else of them is read, and refuses those that are too many. */
  rate(action: LimitedAction) {
    return ({ raw }: { raw: IncomingMessage }, _reply: unknown, done: (error?: Error) => void): void => {
      try {
        this.#take(action, this.clientOf(raw));
        done();
      } catch (thrown) {
        done(thrown instanceof Error ? thrown : new Error(String(thrown)));
      }
    };
  }

  /** Counts one more of these until the returned undo is called. Throws a `RequestError` if the client has as many as it may. */
  hold(thing: HeldThing, client: Client): () => void {
    const { max, things } = HELD[thing];
    const counts = this.#held[thing];
    const keys = this.#keysOf(client);
    if (keys.some((key) => (counts.get(key) ?? 0) >= max))
      throw new RequestError('TOO_MANY_CONNECTIONS', `A client may hold at most ${max} ${things} at the same time.`);
    for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      for (const key of keys) {
        const left = (counts.get(key) ?? 1) - 1;
        if (left === 0) counts.delete(key);
        else counts.set(key, left);
      }
    };
  }

  /** Counts the subscriptions of this socket until the returned undo is called. */
  joinSocket(client: Client, socket: Subscriber): () => void {
    const keys = this.#keysOf(client);
    for (const key of keys) this.#sockets.set(key, (this.#sockets.get(key) ?? new Set()).add(socket));
    return () => {
      for (const key of keys) {
        const sockets = this.#sockets.get(key);
        sockets?.delete(socket);
        if (sockets?.size === 0) this.#sockets.delete(key);
      }
    };
  }

  /** Whether the client may have one more subscription on any of its sockets. */
  canSubscribe(client: Client): boolean {
    return this.#keysOf(client).every((key) => {
      let sum = 0;
      for (const { subscriptions } of this.#sockets.get(key) ?? []) sum += subscriptions;
      return sum < LIMITS.subscriptionsPerClient;
    });
  }

  #keysOf(client: Client): readonly string[] {
    return client.isLocal ? [] : limitKeys(client);
  }

  #take(action: LimitedAction, client: Client): void {
    const now = this.#options.clock.now();
    const buckets = this.#keysOf(client).map((key) => this.#bucketOf(action, key, now));
    const waitMs = Math.max(0, ...buckets.map((bucket) => bucket.waitMs(now)));
    if (waitMs > 0) {
      const { perMinute, what, things } = ACTIONS[action];
      const message = `A client may ${what} at most ${perMinute} ${things} a minute.`;
      throw new RequestError('RATE_LIMITED', message, undefined, waitMs);
    }
    for (const bucket of buckets) bucket.take(now);
  }

  #bucketOf(action: LimitedAction, client: string, now: number): TokenBucket {
    const key = `${action} ${client}`;
    const { perMinute } = ACTIONS[action];
    const atOnce = action === 'jobs' ? Math.max(perMinute, 2 * this.#options.maxQueuedPerClient) : perMinute;
    const bucket = this.#buckets.get(key) ?? new TokenBucket(perMinute / MINUTE_S, atOnce, now);
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    for (const oldest of this.#buckets.keys()) {
      if (this.#buckets.size <= MAX_REMEMBERED) break;
      this.#buckets.delete(oldest);
    }
    return bucket;
  }
}
