import * as z from 'zod/mini';
import { LIMITS } from './limits.ts';
import { lineOf } from './text.ts';

/** The name of somebody who is signed in: trimmed, not empty, bounded, on one line. */
export const UserName = lineOf(LIMITS.userNameChars);

/** Name of the page's `<meta>` tag with the name of whoever is signed in, where somebody is. */
export const USER_META = 'darkroom:user';

/** Answer of `GET /api/identity`: who the asking one is here (rule R9). */
export const IdentityResponse = z.discriminatedUnion('kind', [
  /** Nobody by name: a browser known by its cookie, or one that has none yet. */
  z.object({ kind: z.literal('anonymous') }),
  /** Signed in at the proxy in front of the server. */
  z.object({ kind: z.literal('user'), name: UserName }),
]);
export type IdentityResponse = z.infer<typeof IdentityResponse>;
