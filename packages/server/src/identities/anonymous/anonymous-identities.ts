import { randomBytes } from 'node:crypto';
import type { IdentifiedRequest, Identities, IdentityLinks, NewIdentity } from '../../identity.ts';
import { IdentityError } from '../../identity-error.ts';
import type { IdentityKey } from '../../identity-keys/identity-keys.ts';
import { AnonymousLinks } from './anonymous-links.ts';
import { KeyRing, SIGNATURE } from './key-ring.ts';

/** Over http, and over https up to the version that had no other. */
const PLAIN_COOKIE = 'darkroom_id';
/** Over https. A browser takes a cookie of such a name only from this host, over https, and for all its paths. */
const HOST_COOKIE = '__Host-darkroom_id';
const VALUE = new RegExp(`^(?<owner>[\\w-]{22})${SIGNATURE}$`);
/** The longest that browsers keep a cookie. */
const MAX_AGE_SECONDS = 400 * 86_400;

/** A cookie whose signature is good. */
interface Proof {
  readonly owner: string;
  readonly cookie: string;
  readonly value: string;
}

/** Values of every cookie of this name, in the order of the header. */
function cookiesOf({ headers }: IdentifiedRequest, name: string): readonly string[] {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim());
  return pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1));
}

/** Visitors without a name: 128 random bits in a cookie, signed, so that no one can make up another visitor's. */
export class AnonymousIdentities implements Identities {
  readonly #keys: KeyRing;
  readonly #links: IdentityLinks;

  /** `keys`: the first signs. A visitor whose cookie was signed by none of them is unknown. */
  constructor(keys: readonly IdentityKey[]) {
    this.#keys = new KeyRing(keys);
    this.#links = new AnonymousLinks(this.#keys, (owner, isSecure) => this.#cookieFor(owner, isSecure));
  }

  identify(request: IdentifiedRequest, isSecure: boolean): string | undefined {
    return this.#proofOf(request, isSecure)?.owner;
  }

  nameOf(): undefined {
    return undefined;
  }

  issue(isSecure: boolean): NewIdentity {
    const owner = randomBytes(16).toString('base64url');
    return { owner, cookie: this.#cookieFor(owner, isSecure) };
  }

  renew(request: IdentifiedRequest, isSecure: boolean): readonly string[] {
    const proof = this.#proofOf(request, isSecure);
    if (proof === undefined) return [];
    const { owner, cookie, value } = proof;
    const isOldName = isSecure && cookie === PLAIN_COOKIE;
    if (!isOldName && value === this.#valueFor(owner)) return [];
    const renewed = this.#cookieFor(owner, isSecure);
    return isOldName ? [renewed, `${PLAIN_COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure`] : [renewed];
  }

  linksFor(): IdentityLinks {
    return this.#links;
  }

  /**
   * Over https only the `__Host-` cookie counts: a plain one may come from another host of the domain, or from a
   * machine that answers in this host's name over http. What an earlier version has set over https is accepted while there is no other:
   * its key has signed nothing since, so no one can get such a cookie to plant it.
   */
  #proofOf(request: IdentifiedRequest, isSecure: boolean): Proof | undefined {
    if (!isSecure) return this.#onlyProof(PLAIN_COOKIE, cookiesOf(request, PLAIN_COOKIE));
    const values = cookiesOf(request, HOST_COOKIE);
    if (values.length > 0) return this.#onlyProof(HOST_COOKIE, values);
    const former = cookiesOf(request, PLAIN_COOKIE).filter(
      (value) => VALUE.exec(value)?.groups?.['keyId'] === undefined,
    );
    return this.#onlyProof(PLAIN_COOKIE, former);
  }

  /** Cookies of one name that prove two owners: one of them was planted, and nothing says which. */
  #onlyProof(cookie: string, values: readonly string[]): Proof | undefined {
    const proofs = values.flatMap((value): Proof[] => {
      const { owner = '', ...signature } = VALUE.exec(value)?.groups ?? {};
      return this.#keys.isSigned('anonymous', owner, signature) ? [{ owner, cookie, value }] : [];
    });
    if (new Set(proofs.map(({ owner }) => owner)).size > 1)
      throw new IdentityError(
        `The cookie ${cookie} came with two identities. Delete the cookies of this site.`,
        'cookie',
      );
    return proofs[0];
  }

  #valueFor(owner: string): string {
    return this.#keys.sign('anonymous', owner);
  }

  #cookieFor(owner: string, isSecure: boolean): string {
    const name = isSecure ? HOST_COOKIE : PLAIN_COOKIE;
    const attributes = `Path=/; Max-Age=${MAX_AGE_SECONDS}; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
    return `${name}=${this.#valueFor(owner)}; ${attributes}`;
  }
}
