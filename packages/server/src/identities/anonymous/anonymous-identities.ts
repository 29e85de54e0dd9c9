import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Identities, NewIdentity } from '../../identity.ts';

const COOKIE = 'darkroom_id';
const COOKIE_VALUE = new RegExp(`(?:^|;)\\s*${COOKIE}=(?<owner>[\\w-]{22})\\.(?<signature>[\\w-]{43})\\s*(?:;|$)`);
/** As long as browsers keep a cookie at most; whoever comes back in time is the same person. */
const MAX_AGE_SECONDS = 400 * 86_400;

/** A fresh key for signing. */
export const newIdentityKey = () => randomBytes(32).toString('base64url');

/** Everybody without a name: 128 random bits in a cookie, signed, so that nobody can make up somebody else's. */
export class AnonymousIdentities implements Identities {
  readonly #key: Buffer;

  /** `key` as `newIdentityKey` makes it; another key forgets everybody. */
  constructor(key: string) {
    this.#key = Buffer.from(key, 'base64url');
  }

  identify({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined {
    const groups = COOKIE_VALUE.exec(headers.cookie ?? '')?.groups;
    const [owner, signature] = [groups?.['owner'], groups?.['signature']];
    if (owner === undefined || signature === undefined) return undefined;
    const expected = this.#sign(owner);
    const given = Buffer.from(signature, 'base64url');
    return given.length === expected.length && timingSafeEqual(given, expected) ? owner : undefined;
  }

  nameOf(): undefined {
    return undefined;
  }

  issue(secure: boolean): NewIdentity {
    const owner = randomBytes(16).toString('base64url');
    const value = `${owner}.${this.#sign(owner).toString('base64url')}`;
    const attributes = `Path=/; Max-Age=${MAX_AGE_SECONDS}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
    return { owner, cookie: `${COOKIE}=${value}; ${attributes}` };
  }

  #sign(owner: string): Buffer {
    return createHmac('sha256', this.#key).update(`anonymous:${owner}`).digest();
  }
}
