import type { ClientMessage, ServerMessage } from '@darkroom/protocol';
import type { Ending } from '../session/session-state.ts';

/** Who a connection reports to. */
export interface Sink {
  /** Something arrived; no messages: something that is not understood, though it shows that the server lives. */
  receive(messages: readonly ServerMessage[]): void;
  /** The connection is over: said once, as the last thing, and never before `open` has returned. */
  end(ending: Ending): void;
}

/** One connection, from its opening to its end. */
export interface Connection {
  /** Says something to the server; a transport that cannot, and a connection that is not open, drop it. */
  send(message: ClientMessage): void;
  /** Ends the connection: the sink hears nothing more. Idempotent. */
  close(): void;
}

/** One way to read: opens connections, and speaks the socket's messages whatever its own format is. Never throws. */
export interface Transport<Request> {
  open(request: Request, sink: Sink): Connection;
}

/** What every transport needs of the outside. */
export interface Network {
  /** Where the server is; ends with a slash. */
  readonly baseUrl: URL;
  readonly fetch: typeof fetch;
  /** Undefined where there is none: then the ladder begins at SSE. */
  readonly WebSocket: typeof WebSocket | undefined;
  /** Milliseconds since 1970. */
  now(): number;
}

/** The address of a job, or of something below it. */
export function jobUrl({ baseUrl }: Network, jobId: string, below = ''): URL {
  return new URL(`api/jobs/${encodeURIComponent(jobId)}${below}`, baseUrl);
}
