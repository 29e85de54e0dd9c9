import { randomBytes } from 'node:crypto';
import type { IdentityLink, IdentityLinks } from '../../identity.ts';
import { type KeyRing, SIGNATURE } from './key-ring.ts';

/** `owner.endsAt.id` and its signature; the time is in ms to the base of 36. Short, so that its QR code has large squares. */
const TOKEN = new RegExp(`^(?<text>(?<owner>[\\w-]{22})\\.(?<endsAt>[\\da-z]{8,10})\\.(?<id>[\\w-]{16}))${SIGNATURE}$`);

/** Links that take an anonymous identity to another device: signed with the same keys as its cookie, for another purpose. */
export class AnonymousLinks implements IdentityLinks {
  readonly #keys: KeyRing;
  readonly cookieFor: IdentityLinks['cookieFor'];

  constructor(keys: KeyRing, cookieFor: IdentityLinks['cookieFor']) {
    this.#keys = keys;
    this.cookieFor = cookieFor;
  }

  sign(owner: string, endsAt: number): string {
    return this.#keys.sign('link', `${owner}.${endsAt.toString(36)}.${randomBytes(12).toString('base64url')}`);
  }

  read(token: string): IdentityLink | undefined {
    const { text = '', owner = '', endsAt = '', id = '', ...signature } = TOKEN.exec(token)?.groups ?? {};
    if (!this.#keys.isSigned('link', text, signature)) return undefined;
    return { id, owner, endsAt: Number.parseInt(endsAt, 36) };
  }
}
