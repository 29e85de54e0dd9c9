import {
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useCallback,
  useContext,
  useMemo,
  useSyncExternalStore,
} from 'react';
import type { DarkroomClient } from './client.ts';
import { SharedWatches } from './shared-watches.ts';
import { UNWATCHED } from './unwatched.ts';
import type { WatchState } from './watch-state.ts';

interface Provided {
  readonly client: DarkroomClient;
  readonly watches: SharedWatches;
}

const DarkroomContext = createContext<Provided | undefined>(undefined);

/** Gives `client` to the hooks below. Whoever made the client closes it. */
export function DarkroomProvider(props: {
  readonly client: DarkroomClient;
  readonly children?: ReactNode;
}): ReactElement {
  const { client, children } = props;
  const value = useMemo(() => ({ client, watches: new SharedWatches(client) }), [client]);
  return createElement(DarkroomContext.Provider, { value }, children);
}

function useProvided(): Provided {
  const provided = useContext(DarkroomContext);
  if (provided === undefined) throw new Error('useDarkroom and useJob need a DarkroomProvider above them.');
  return provided;
}

/** The client of the nearest `DarkroomProvider`. */
export function useDarkroom(): DarkroomClient {
  return useProvided().client;
}

/** A watched job, and what its reader can do about the connection. */
export interface UseJobResult extends WatchState {
  /** Try WebSocket again now; ends a polling that was chosen. */
  readonly reconnect: () => void;
  /** Poll from now on, until `reconnect`. */
  readonly switchToPolling: () => void;
}

/** Watches a job while the component is mounted. Components that watch the same job share one reading of it. */
export function useJob(jobId: string): UseJobResult {
  const { watches } = useProvided();
  const subscribe = useCallback((listener: () => void) => watches.subscribe(jobId, listener), [watches, jobId]);
  const getSnapshot = () => watches.get(jobId)?.getSnapshot() ?? UNWATCHED;
  const state = useSyncExternalStore(subscribe, getSnapshot, () => UNWATCHED);
  const reconnect = useCallback(() => watches.get(jobId)?.reconnect(), [watches, jobId]);
  const switchToPolling = useCallback(() => watches.get(jobId)?.switchToPolling(), [watches, jobId]);
  return useMemo(() => ({ ...state, reconnect, switchToPolling }), [state, reconnect, switchToPolling]);
}
