import { createHash } from 'node:crypto';
import { LIMITS, UserName } from '@darkroom/protocol';
import type { IdentifiedRequest, Identities, IdentityLinks, NewIdentity } from '../../identity.ts';
import { IdentityError } from '../../identity-error.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Node reads header values byte by byte; proxies write names in UTF-8. Undefined: they did not. */
function decoded(value: string): string | undefined {
  try {
    return UTF8.decode(Buffer.from(value, 'latin1')).normalize('NFC');
  } catch {
    return undefined;
  }
}

/** The same for a name everywhere and for ever, whatever key a store has. The colon keeps it apart from what is random. */
const ownerOf = (name: string) => `user:${createHash('sha256').update(`user:${name}`).digest('base64url')}`;

/** People whom an authenticating proxy names in a header. Who is not named there is whoever `others` say. */
export class UserHeaderIdentities implements Identities {
  readonly #header: string;
  readonly #others: Identities;
  readonly #isFromProxy: (request: IdentifiedRequest) => boolean;

  /**
   * `header` in lower case. `isFromProxy`: whether a request came from a trusted proxy, which lets no client set the
   * header. In all other requests it says nothing.
   */
  constructor(header: string, others: Identities, isFromProxy: (request: IdentifiedRequest) => boolean) {
    this.#header = header;
    this.#others = others;
    this.#isFromProxy = isFromProxy;
  }

  identify(request: IdentifiedRequest, isSecure: boolean): string | undefined {
    const name = this.nameOf(request);
    return name === undefined ? this.#others.identify(request, isSecure) : ownerOf(name);
  }

  nameOf(request: IdentifiedRequest): string | undefined {
    if (!this.#isFromProxy(request)) return undefined;
    const [value = '', ...more] = request.headersDistinct[this.#header] ?? [];
    // A proxy that adds its header to the client's, instead of replacing that: neither can be believed.
    if (more.length > 0) throw this.#error('came more than once');
    if (value.trim() === '') return undefined;
    const name = UserName.safeParse(decoded(value));
    if (name.success) return name.data;
    throw this.#error(
      `must be a name in UTF-8 of at most ${LIMITS.userNameChars} characters, none of them control ones`,
    );
  }

  issue(isSecure: boolean): NewIdentity {
    return this.#others.issue(isSecure);
  }

  renew(request: IdentifiedRequest, isSecure: boolean): readonly string[] {
    return this.nameOf(request) === undefined ? this.#others.renew(request, isSecure) : [];
  }

  linksFor(request: IdentifiedRequest): IdentityLinks | undefined {
    return this.nameOf(request) === undefined ? this.#others.linksFor(request) : undefined;
  }

  #error(what: string): IdentityError {
    return new IdentityError(`The header ${this.#header}, which names who is signed in, ${what}.`, this.#header);
  }
}
