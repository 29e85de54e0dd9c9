import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import type { RedisConnection } from '../../redis-connection.ts';
import type { Relay, RelayNotice } from '../../relay.ts';

const Notice = z.union([
  z.pipe(
    z.object({ jobId: z.string(), head: z.optional(z.number()) }),
    z.transform(({ jobId, head }) => ({ jobId, head })),
  ),
  z.object({ conversationId: z.string(), owner: z.string(), updatedAt: z.string() }),
  z.object({ workerId: z.string() }),
]);
const Notices = z.array(z.unknown());

/**
 * Tells all processes on one Redis (publish/subscribe); the own one hears at once, with or without Redis. What is to be told
 * at the same moment, such as the events of one commit, is one message: who it is from, and a list.
 */
export class RedisRelay implements Relay {
  readonly #connection: RedisConnection;
  readonly #channel: string;
  readonly #listeners = new Set<(notice: RelayNotice) => void>();
  /** What its own messages begin with, so that it does not hear itself twice. */
  readonly #from = `${randomUUID()} `;
  #outbox: RelayNotice[] = [];
  #unlisten = () => {};
  #closed = false;

  private constructor(connection: RedisConnection) {
    this.#connection = connection;
    this.#channel = `${connection.prefix}:relay`;
  }

  /** Resolves once it hears the others. The connection is the caller's to close. */
  static async open(connection: RedisConnection): Promise<RedisRelay> {
    const relay = new RedisRelay(connection);
    relay.#unlisten = await connection.listen(relay.#channel, (text) => relay.#heard(text));
    return relay;
  }

  publish(notice: RelayNotice): void {
    if (this.#closed) return;
    if (this.#outbox.length === 0) process.nextTick(() => this.#send());
    this.#outbox.push(notice);
    this.#tell(notice);
  }

  subscribe(listener: (notice: RelayNotice) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  check(): Promise<void> {
    return this.#connection.check();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#listeners.clear();
    this.#unlisten();
  }

  #send(): void {
    this.#connection.publish(this.#channel, this.#from + JSON.stringify(this.#outbox));
    this.#outbox = [];
  }

  #heard(text: string): void {
    if (text.startsWith(this.#from)) return;
    const notices = z.safeParse(Notices, parse(text.slice(text.indexOf(' '))));
    for (const one of notices.data ?? []) {
      // What another version publishes and this one does not understand is a lost notice; the others of its message are not.
      const notice = z.safeParse(Notice, one);
      if (notice.success) this.#tell(notice.data);
    }
  }

  #tell(notice: RelayNotice): void {
    for (const listener of this.#listeners) listener(notice);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
