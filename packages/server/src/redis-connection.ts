import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';

/** Commands that Redis has not answered by then count as failed. */
const COMMAND_TIMEOUT_MS = 3_000;
/** How long a start waits for Redis; after that it goes on without. */
const START_WAIT_MS = 2_000;
const IMPATIENT_MS = 250;
const MAX_RETRY_MS = 1_000;
/** What is said by a connection that broke, and by a Redis that starts, is full, or follows another. */
const TROUBLE =
  /timed out|Connection is closed|ECONN|EPIPE|^(?:LOADING|OOM|READONLY|MISCONF|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|BUSY) /;

/** Redis cannot be asked now. Nothing that it keeps is the truth: whoever gets this goes on without it. */
export class RedisUnavailableError extends Error {
  override readonly name = 'RedisUnavailableError';
}

export interface RedisConnectionOptions {
  /** What all keys and channels begin with. Default: `{darkroom}`; the braces keep them on one node of a cluster. */
  readonly prefix?: string;
  /** How long those wait who do not wait, milliseconds. Default: 250. */
  readonly impatientMs?: number;
  /** Told of each loss and each return. */
  readonly onChange?: (isUp: boolean, reason: string | undefined) => void;
}

/** The connections of one process to Redis, shared by all that use it. */
export class RedisConnection {
  readonly commands: Redis;
  /** For what others publish. */
  readonly subscriber: Redis;
  /** For what is not worth waiting for: without an answer at once its commands fail. */
  readonly impatient: Redis;
  readonly prefix: string;
  readonly #listeners = new Map<string, Set<(message: string) => void>>();
  readonly #digests = new Map<string, string>();
  #reason: string | undefined;

  private constructor(url: string, options: RedisConnectionOptions) {
    const { prefix = '{darkroom}', impatientMs = IMPATIENT_MS, onChange } = options;
    this.prefix = prefix;
    const patient = {
      // BullMQ asks for it: what waits for an answer is ended by the time limit instead.
      maxRetriesPerRequest: null,
      retryStrategy: (times: number) => Math.min(50 * times, MAX_RETRY_MS),
    };
    this.commands = new Redis(url, { ...patient, commandTimeout: COMMAND_TIMEOUT_MS });
    this.subscriber = new Redis(url, patient);
    this.impatient = new Redis(url, {
      ...patient,
      commandTimeout: impatientMs,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
    });
    let wasUp: boolean | undefined;
    const tell = (isUp: boolean) => {
      if (wasUp === isUp) return;
      wasUp = isUp;
      onChange?.(isUp, this.#reason);
    };
    this.commands.on('ready', () => tell(true));
    this.commands.on('close', () => tell(false));
    for (const client of this.#clients)
      client.on('error', (thrown: Error) => {
        this.#reason = thrown.message;
      });
    this.subscriber.on('message', (channel: string, message: string) => {
      for (const listener of this.#listeners.get(channel) ?? []) listener(message);
    });
  }

  /** Connects. Without an answer in time it resolves all the same, and goes on trying. */
  static async open(url: string, options: RedisConnectionOptions = {}): Promise<RedisConnection> {
    const connection = new RedisConnection(url, options);
    const ready = Promise.all(
      connection.#clients.map((client) => new Promise((resolve) => client.once('ready', resolve))),
    );
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, START_WAIT_MS);
    });
    await Promise.race([ready, late]);
    clearTimeout(timer);
    return connection;
  }

  /** Whether commands can be sent now. */
  get isUp(): boolean {
    return this.commands.status === 'ready';
  }

  /** Resolves if Redis answers, else throws a `RedisUnavailableError`. */
  async check(): Promise<void> {
    await this.ask(() => this.commands.ping());
  }

  /** Runs commands; throws a `RedisUnavailableError` at once while there is no connection, and when it breaks. */
  async ask<T>(work: () => Promise<T>): Promise<T> {
    if (!this.isUp) throw new RedisUnavailableError(`Redis is not connected: ${this.#reason ?? 'no answer'}`);
    try {
      return await work();
    } catch (thrown) {
      // Mistakes of ours, and refusals, are not Redis being away.
      if (!(thrown instanceof Error) || (this.isUp && !TROUBLE.test(thrown.message))) throw thrown;
      throw new RedisUnavailableError(`Redis does not answer: ${thrown.message}`, { cause: thrown });
    }
  }

  /** Runs a script in one piece inside Redis; its text travels only when Redis does not know it yet. */
  async run(script: string, keys: readonly string[], args: readonly (string | number)[] = []): Promise<unknown> {
    const digest = this.#digests.get(script) ?? createHash('sha1').update(script).digest('hex');
    this.#digests.set(script, digest);
    try {
      return await this.commands.evalsha(digest, keys.length, ...keys, ...args);
    } catch (thrown) {
      if (!(thrown instanceof Error && thrown.message.startsWith('NOSCRIPT'))) throw thrown;
      return await this.commands.eval(script, keys.length, ...keys, ...args);
    }
  }

  /** Calls `listener` with what is published on this channel; resolves with its undo once it listens, or once it is known that it cannot yet. */
  async listen(channel: string, listener: (message: string) => void): Promise<() => void> {
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(listener));
    const subscribing = this.subscriber.subscribe(channel).catch(() => {
      // The connection was closed meanwhile.
    });
    if (this.subscriber.status === 'ready') await subscribing;
    return () => listeners.delete(listener);
  }

  /** Tells every process that listens. Nobody hears of it while there is no connection. */
  publish(channel: string, message: string): void {
    if (!this.isUp) return;
    this.commands.publish(channel, message).catch(() => {
      // Lost, as a notice may be.
    });
  }

  /** Idempotent. */
  async close(): Promise<void> {
    for (const client of this.#clients) client.disconnect();
  }

  get #clients(): readonly Redis[] {
    return [this.commands, this.subscriber, this.impatient];
  }
}
