import { AdoptIdentityResponse, IdentityLinkResponse } from '@darkroom/protocol';
import type { DarkroomClient } from './client.ts';

/** One's identity on several devices (rule R12). Every failure is a `DarkroomError`. */
export interface IdentityLinks {
  /** A link for another device. Whoever opens it first is the same owner from then on: it belongs in no log. */
  create(): Promise<IdentityLinkResponse>;
  /** Makes this browser the owner that the link's token names; false: it was that already. What the client has open belongs to the owner before: load anew. */
  adopt(token: string): Promise<boolean>;
}

/** The links of a browser's identity. An entry of its own, so that pages without them do not load them. */
export function identityLinksOf(client: DarkroomClient): IdentityLinks {
  return {
    create: () =>
      client.ask({
        method: 'POST',
        path: 'api/identity/link',
        body: {},
        repeatable: true,
        answer: IdentityLinkResponse,
      }),
    async adopt(token) {
      // A second try after an answer that was lost finds the link used, unless the cookie came.
      const asked = { method: 'POST', path: 'api/identity/adopt', body: { token }, repeatable: false } as const;
      return (await client.ask({ ...asked, answer: AdoptIdentityResponse })).adopted;
    },
  };
}
