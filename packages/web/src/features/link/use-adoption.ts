import type { DarkroomClient } from '@darkroom/client';
import { conversationsOf } from '@darkroom/client/conversations';
import { identityLinksOf } from '@darkroom/client/identity-links';
import { useDarkroom } from '@darkroom/client/react';
import { useCallback, useEffect, useState } from 'react';
import { changeIdentityMark } from '../../lib/identity-mark.ts';
import { loadAnew } from '../../lib/navigation.ts';
import { type RequestFailure, requestFailure } from '../../lib/request-failure.ts';

/** How far it is. */
export type Adoption =
  /** It is asked what this device has of its own. */
  | { readonly kind: 'looking' }
  /** Nothing has happened yet. `ownThings`: what was begun here would not be listed any more. */
  | { readonly kind: 'asking'; readonly ownThings: boolean }
  | { readonly kind: 'adopting'; readonly ownThings: boolean }
  /** This device was the link's owner already. */
  | { readonly kind: 'same' }
  | { readonly kind: 'failed'; readonly ownThings: boolean; readonly failure: RequestFailure };

/** Whether anything was begun on this device as who it is now. */
async function hasOwnThings(client: DarkroomClient): Promise<boolean> {
  const [{ conversations }, { jobs }] = await Promise.all([
    conversationsOf(client).list({ limit: 1 }),
    client.listJobs({ mine: true, limit: 1 }),
  ]);
  return conversations.length + jobs.length > 0;
}

/** Where the other device was last: the newest conversation, if there is one. */
async function newestChat(client: DarkroomClient): Promise<string> {
  const page = await conversationsOf(client)
    .list({ limit: 1 })
    .catch(() => undefined);
  const id = page?.conversations[0]?.id;
  return id === undefined ? '/chat' : `/chat/${id}`;
}

/** Takes over the identity of a link, once `confirm` is called; then the page is loaded anew, as the new owner's. */
export function useAdoption(token: string): { readonly adoption: Adoption; readonly confirm: () => Promise<void> } {
  const client = useDarkroom();
  const [adoption, setAdoption] = useState<Adoption>({ kind: 'looking' });
  useEffect(() => {
    let left = false;
    hasOwnThings(client)
      // What cannot be known is not claimed.
      .catch(() => false)
      .then((ownThings) => left || setAdoption({ kind: 'asking', ownThings }));
    return () => {
      left = true;
    };
  }, [client]);
  const ownThings = 'ownThings' in adoption && adoption.ownThings;
  const confirm = useCallback(async () => {
    setAdoption({ kind: 'adopting', ownThings });
    try {
      if (!(await identityLinksOf(client).adopt(token))) return setAdoption({ kind: 'same' });
      changeIdentityMark();
      loadAnew(await newestChat(client));
    } catch (cause) {
      setAdoption({ kind: 'failed', ownThings, failure: requestFailure(cause) });
    }
  }, [client, token, ownThings]);
  return { adoption, confirm };
}
