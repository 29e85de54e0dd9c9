import * as z from 'zod/mini';
import { LIMITS } from './limits.ts';

/** Body of `POST /api/identity/link`: an empty object. */
export const CreateIdentityLinkRequest = z.strictObject({});
export type CreateIdentityLinkRequest = z.infer<typeof CreateIdentityLinkRequest>;

/** Answer of `POST /api/identity/link` (rule R12): whoever opens it first is the same owner from then on. Not to be logged. */
export const IdentityLinkResponse = z.object({
  /** The page that takes the identity over, with the token as its fragment: that part of an address is sent to no server. */
  url: z.string(),
  /** For `POST /api/identity/adopt`. */
  token: z.string(),
  /** ISO 8601: `linkTtlMs` after it was made. */
  expiresAt: z.string(),
});
export type IdentityLinkResponse = z.infer<typeof IdentityLinkResponse>;

/** Body of `POST /api/identity/adopt`. */
export const AdoptIdentityRequest = z.strictObject({
  token: z.string().check(z.minLength(1), z.maxLength(LIMITS.linkTokenChars)),
});
export type AdoptIdentityRequest = z.infer<typeof AdoptIdentityRequest>;

/** Answer of `POST /api/identity/adopt`; the cookie comes with it. */
export const AdoptIdentityResponse = z.object({
  /** False: the asker was this owner already, and the link still works. */
  adopted: z.boolean(),
});
export type AdoptIdentityResponse = z.infer<typeof AdoptIdentityResponse>;
