import type { IncomingMessage } from 'node:http';

/** A new identity, and the `Set-Cookie` that proves it from now on. */
export interface NewIdentity {
  readonly owner: string;
  readonly cookie: string;
}

/** What of a request, or of a WebSocket's handshake, tells whom it is from. */
export interface IdentifiedRequest extends Pick<IncomingMessage, 'headers' | 'headersDistinct'> {
  readonly socket: Pick<IncomingMessage['socket'], 'remoteAddress'>;
}

/** What a link says that takes an identity to another device (rule R12). */
export interface IdentityLink {
  /** A link's own: no two have the same. */
  readonly id: string;
  readonly owner: string;
  /** When it ceases to work, ms since the Unix epoch. */
  readonly endsAt: number;
}

/** How an identity goes on to another device: signed words, and the cookie for who brings them. */
export interface IdentityLinks {
  /** A token for this owner, for a URL's fragment; another one each time. */
  sign(owner: string, endsAt: number): string;
  /** What a token says, whether or not it still works; undefined: it was not signed here. */
  read(token: string): IdentityLink | undefined;
  /** The `Set-Cookie` that proves to be this owner. */
  cookieFor(owner: string, isSecure: boolean): string;
}

/**
 * Who a request is from (rule R9). Whatever a person is here, jobs and conversations know only the `owner`: an opaque
 * name of at most 64 characters, without spaces, that never changes. `isSecure`: the request came over https, by the
 * server's own knowledge or that of a trusted proxy, never by what the client says.
 */
export interface Identities {
  /** The owner that the request proves to be; undefined: nobody is known. Throws an `IdentityError` where that cannot be believed. */
  identify(request: IdentifiedRequest, isSecure: boolean): string | undefined;
  /** The name of whoever is signed in; undefined: nobody is. Throws as `identify` does. */
  nameOf(request: IdentifiedRequest): string | undefined;
  /** An identity for a client that has none. */
  issue(isSecure: boolean): NewIdentity;
  /** `Set-Cookie` values that replace an outdated proof of the request's identity by a current one; empty: it is current. Throws as `identify` does. */
  renew(request: IdentifiedRequest, isSecure: boolean): readonly string[];
  /** How the request's identity goes on to other devices; undefined: it does not need to, there it is known by other means. */
  linksFor(request: IdentifiedRequest): IdentityLinks | undefined;
}
