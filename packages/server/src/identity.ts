import type { IncomingMessage } from 'node:http';

/** A new identity, and the `Set-Cookie` that proves it from now on. */
export interface NewIdentity {
  readonly owner: string;
  readonly cookie: string;
}

/** What of a request, or of a WebSocket's handshake, tells whom it is from. */
export type IdentifiedRequest = Pick<IncomingMessage, 'headers' | 'headersDistinct'>;

/**
 * Who a request is from (rule R9). Whatever a person is here, jobs and conversations know only the `owner`: an opaque
 * name of at most 64 characters, without spaces, that never changes.
 */
export interface Identities {
  /** The owner that the request proves to be; undefined: nobody is known. Throws an `IdentityError` where that cannot be believed. */
  identify(request: IdentifiedRequest): string | undefined;
  /** The name of whoever is signed in; undefined: nobody is. Throws as `identify` does. */
  nameOf(request: IdentifiedRequest): string | undefined;
  /** An identity for somebody who has none; `secure`: over https. */
  issue(secure: boolean): NewIdentity;
}
