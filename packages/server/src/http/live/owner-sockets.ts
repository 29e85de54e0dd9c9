import type { Relay } from '../../relay.ts';
import type { LiveConnection } from './live-connection.ts';
import { messageFrame } from './websocket-format.ts';

/** Sockets by the identity of their handshake: each hears of its owner's conversations (rule M8). */
export class OwnerSockets {
  readonly #connections = new Map<string, Set<LiveConnection>>();
  /** News handed to sockets since the start; to two of the same owner: two. */
  delivered = 0;

  /** Tells of what the relay says, for as long as the relay lives. */
  constructor(relay: Relay) {
    relay.subscribe((notice) => {
      if (!('conversationId' in notice)) return;
      const { conversationId, owner, updatedAt } = notice;
      const sockets = this.#connections.get(owner);
      if (sockets === undefined) return;
      const bytes = messageFrame({ type: 'conversation', conversationId, updatedAt });
      for (const connection of sockets) connection.send(bytes);
      this.delivered += sockets.size;
    });
  }

  /** Returns its undo. */
  join(owner: string, connection: LiveConnection): () => void {
    const sockets = this.#connections.get(owner) ?? new Set();
    this.#connections.set(owner, sockets.add(connection));
    return () => {
      sockets.delete(connection);
      if (sockets.size === 0 && this.#connections.get(owner) === sockets) this.#connections.delete(owner);
    };
  }
}
