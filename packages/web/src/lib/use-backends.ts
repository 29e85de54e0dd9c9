import { useDarkroom } from '@darkroom/client/react';
import type { ProviderStatus } from '@darkroom/protocol';
import { useCallback } from 'react';
import { useRefreshed } from './use-refreshed.ts';

const REFRESH_MS = 15_000;

/** The server's backends, kept fresh; undefined while nothing is known of them. */
export function useBackends(): readonly ProviderStatus[] | undefined {
  const client = useDarkroom();
  const load = useCallback(() => client.listProviders(), [client]);
  return useRefreshed(load, REFRESH_MS).data;
}
