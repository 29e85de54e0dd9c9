import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Identities, IdentityLinks, NewIdentity } from '../../identity.ts';
import { AnonymousLinks } from './anonymous-links.ts';
import { isSigned, sign } from './identity-signature.ts';

const COOKIE = 'darkroom_id';
const COOKIE_VALUE = new RegExp(`(?:^|;)\\s*${COOKIE}=(?<owner>[\\w-]{22})\\.(?<signature>[\\w-]{43})\\s*(?:;|$)`);
/** As long as browsers keep a cookie at most; whoever comes back in time is the same person. */
const MAX_AGE_SECONDS = 400 * 86_400;

/** A fresh key for signing. */
export const newIdentityKey = () => randomBytes(32).toString('base64url');

/** Everybody without a name: 128 random bits in a cookie, signed, so that nobody can make up somebody else's. */
export class AnonymousIdentities implements Identities {
  readonly #key: Buffer;
  readonly #links: IdentityLinks;

  /** `key` as `newIdentityKey` makes it; another key forgets everybody. */
  constructor(key: string) {
    this.#key = Buffer.from(key, 'base64url');
    this.#links = new AnonymousLinks(this.#key, (owner, secure) => this.#cookieFor(owner, secure));
  }

  identify({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined {
    const { owner = '', signature = '' } = COOKIE_VALUE.exec(headers.cookie ?? '')?.groups ?? {};
    return isSigned(this.#key, 'anonymous', owner, signature) ? owner : undefined;
  }

  nameOf(): undefined {
    return undefined;
  }

  issue(secure: boolean): NewIdentity {
    const owner = randomBytes(16).toString('base64url');
    return { owner, cookie: this.#cookieFor(owner, secure) };
  }

  linksFor(): IdentityLinks {
    return this.#links;
  }

  #cookieFor(owner: string, secure: boolean): string {
    const value = `${owner}.${sign(this.#key, 'anonymous', owner)}`;
    return `${COOKIE}=${value}; Path=/; Max-Age=${MAX_AGE_SECONDS}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
  }
}
