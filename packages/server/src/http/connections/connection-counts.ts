/**
 * Why the server closes an HTTP connection: no complete request came in time, its body arrived too slowly, the client
 * takes no byte of a response, too many requests wait for their turn, or the bytes are no HTTP.
 */
export type ConnectionCloseReason = 'slow-request' | 'slow-body' | 'unread' | 'pipelined' | 'malformed';

/** What the connections of an HTTP server have done since the start. */
export class ConnectionCounts {
  readonly closed: Record<ConnectionCloseReason, number> = {
    'slow-request': 0,
    'slow-body': 0,
    unread: 0,
    pipelined: 0,
    malformed: 0,
  };
  /** Request bodies that are being received now, and bytes of them that have arrived; set by those who receive them. */
  receiving: () => { readonly bodies: number; readonly bytes: number } = () => ({ bodies: 0, bytes: 0 });
}
