import { randomBytes } from 'node:crypto';
import type { IdentityLink, IdentityLinks } from '../../identity.ts';
import { isSigned, sign } from './identity-signature.ts';

/** `owner.endsAt.id.signature`; the time is in ms to the base of 36. Short, so that its QR code has large squares. */
const TOKEN = /^(?<words>(?<owner>[\w-]{22})\.(?<endsAt>[\da-z]{8,10})\.(?<id>[\w-]{16}))\.(?<signature>[\w-]{43})$/;

/** Links that take an anonymous identity to another device: signed with the same key as its cookie, for another purpose. */
export class AnonymousLinks implements IdentityLinks {
  readonly #key: Buffer;
  readonly cookieFor: IdentityLinks['cookieFor'];

  constructor(key: Buffer, cookieFor: IdentityLinks['cookieFor']) {
    this.#key = key;
    this.cookieFor = cookieFor;
  }

  sign(owner: string, endsAt: number): string {
    const words = `${owner}.${endsAt.toString(36)}.${randomBytes(12).toString('base64url')}`;
    return `${words}.${sign(this.#key, 'link', words)}`;
  }

  read(token: string): IdentityLink | undefined {
    const { words = '', owner = '', endsAt = '', id = '', signature = '' } = TOKEN.exec(token)?.groups ?? {};
    if (!isSigned(this.#key, 'link', words, signature)) return undefined;
    return { id, owner, endsAt: Number.parseInt(endsAt, 36) };
  }
}
