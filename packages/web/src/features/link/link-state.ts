import type { IdentityLinkResponse } from '@darkroom/protocol';
import { LIMITS } from '@darkroom/protocol';
import type { RequestFailure } from '../../lib/request-failure.ts';

/** A link that is being made, could not be made, or is here. */
export type LinkState =
  | { readonly kind: 'making' }
  | { readonly kind: 'failed'; readonly failure: RequestFailure }
  | {
      readonly kind: 'made';
      readonly url: string;
      /** By this device's clock, ms: the server's may differ. */
      readonly endsAt: number;
    };

/** A link that was asked for at `askedAt` (ms, this device's clock): it holds at least as long as from then on. */
export function made({ url }: IdentityLinkResponse, askedAt: number): LinkState {
  return { kind: 'made', url, endsAt: askedAt + LIMITS.linkTtlMs };
}

/** The host of an address that leads back to the device it is opened on; undefined: others can reach it, for all one knows. */
export function loopbackHost(url: string): string | undefined {
  const { hostname, host } = new URL(url);
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname) ? host : undefined;
}

/** The token in an address's fragment; undefined: there is none. */
export function tokenIn(hash: string): string | undefined {
  // The page has other fragments, such as that of “Skip to content”.
  return hash.includes('.') ? hash.slice(1) : undefined;
}
