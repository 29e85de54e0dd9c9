import type { IncomingMessage } from 'node:http';

/** A new identity, and the `Set-Cookie` that proves it from now on. */
export interface NewIdentity {
  readonly owner: string;
  readonly cookie: string;
}

/**
 * Who a request is from (rule R9). Whatever a person is here, jobs and conversations know only the `owner`: an opaque
 * name of at most 64 characters that never changes.
 */
export interface Identities {
  /** The owner that the request proves to be; undefined: nobody is known. Also asked of WebSocket handshakes. */
  identify(request: Pick<IncomingMessage, 'headers'>): string | undefined;
  /** An identity for somebody who has none; `secure`: over https. */
  issue(secure: boolean): NewIdentity;
}
