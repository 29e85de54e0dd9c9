import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import type { RedisConnection } from '../../redis-connection.ts';
import type { Relay, RelayNotice } from '../../relay.ts';

const Message = z.object({
  from: z.string(),
  notice: z.union([
    z.object({ conversationId: z.string(), owner: z.string(), updatedAt: z.string() }),
    z.object({ workerId: z.string() }),
    z.pipe(
      z.object({ jobId: z.string(), head: z.optional(z.number()) }),
      z.transform(({ jobId, head }) => ({ jobId, head })),
    ),
  ]),
});

/** Tells all processes on one Redis (publish/subscribe); the own one hears at once, with or without Redis. */
export class RedisRelay implements Relay {
  readonly #connection: RedisConnection;
  readonly #channel: string;
  readonly #listeners = new Set<(notice: RelayNotice) => void>();
  /** Names this relay, so that it does not hear itself twice. */
  readonly #id = randomUUID();
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
    this.#connection.publish(this.#channel, JSON.stringify({ from: this.#id, notice }));
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

  #heard(text: string): void {
    const message = z.safeParse(Message, parse(text));
    // What another version publishes and this one does not understand is a lost notice.
    if (message.success && message.data.from !== this.#id) this.#tell(message.data.notice);
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
