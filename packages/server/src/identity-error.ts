/**
 * A request says whom it is from in a way that cannot be believed: it is refused, rather than taken for somebody
 * else's. The message is for people.
 */
export class IdentityError extends Error {
  readonly isIdentityError = true;
  override readonly name = 'IdentityError';
  /** The header at fault. */
  readonly header: string;

  constructor(message: string, header: string) {
    super(message);
    this.header = header;
  }
}

/** By brand, so that it holds across copies of this module. */
export function isIdentityError(thrown: unknown): thrown is IdentityError {
  return thrown instanceof Error && 'isIdentityError' in thrown && thrown.isIdentityError === true;
}
