import { type RefObject, useEffect, useRef, useState } from 'react';
import { useChatState } from './chat-context.ts';
import type { PictureJob } from './model/chat-state.ts';

/** Whether something is to be seen: never yet, now, or no longer. */
export type Sight = 'never' | 'now' | 'past';

/** What is so near to being seen counts as seen: it is there when it is scrolled to. */
const NEAR = '200px';

/** Whether the element is on screen, or almost. */
export function useSight(element: RefObject<Element | null>): Sight {
  const [sight, setSight] = useState<Sight>('never');
  useEffect(() => {
    const look = ([entry]: readonly IntersectionObserverEntry[]) =>
      setSight((last) => (entry?.isIntersecting === true ? 'now' : last === 'never' ? 'never' : 'past'));
    const observer = new IntersectionObserver(look, { rootMargin: NEAR, scrollMargin: NEAR });
    if (element.current !== null) observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return sight;
}

/** A job as it is while it is in sight; out of sight as it was, until its status changes: steps nobody sees are not drawn. */
export function useSeenJob(jobId: string, sight: Sight): PictureJob | undefined {
  const shown = useRef<PictureJob>(undefined);
  return useChatState(({ jobs }) => {
    const known = jobs[jobId];
    if (sight === 'now' || known?.job.status !== shown.current?.job.status) shown.current = known;
    return shown.current;
  });
}
