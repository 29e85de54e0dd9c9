import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';

/** So near to the end a reader is taken to read the newest. */
const NEAR_END_PX = 48;
/** So near to the beginning older messages are asked for. */
const NEAR_START_PX = 600;

interface ThreadScroll {
  /** Changes when older messages have come in front. */
  readonly first: string | undefined;
  /** Changes with everything that is shown. */
  readonly content: unknown;
  /** What was said here last and is on its way: whoever speaks wants to see it, wherever they were reading. */
  readonly said: string | undefined;
  /** Whether there are older messages to ask for. */
  readonly more: boolean;
  readonly onStart: () => void;
}

/** Stays at the end while the reader is there; what comes in front moves nothing of what is being read. */
export function useThreadScroll({ first, content, said, more, onStart }: ThreadScroll) {
  const box = useRef<HTMLElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const height = useRef(0);
  const shownFirst = useRef(first);
  const [atEnd, setAtEnd] = useState(true);

  const settle = useCallback(() => {
    const element = box.current;
    if (element === null) return;
    if (following.current) element.scrollTop = element.scrollHeight;
    height.current = element.scrollHeight;
  }, []);

  const onScroll = useCallback(() => {
    const element = box.current;
    if (element === null) return;
    following.current = element.scrollTop + element.clientHeight >= element.scrollHeight - NEAR_END_PX;
    setAtEnd(following.current);
    if (more && element.scrollTop < NEAR_START_PX) onStart();
  }, [more, onStart]);

  const toEnd = useCallback(() => {
    following.current = true;
    setAtEnd(true);
    settle();
  }, [settle]);

  // Before new content settles.
  useLayoutEffect(() => {
    if (said === undefined) return;
    following.current = true;
    setAtEnd(true);
  }, [said]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: new content is the reason to settle
  useLayoutEffect(() => {
    const element = box.current;
    // A browser holds what is being read in its place by itself, except at the very beginning, and some nowhere.
    const held = CSS.supports('overflow-anchor: auto') && element !== null && element.scrollTop > 0;
    if (element !== null && shownFirst.current !== first && !following.current && !held)
      element.scrollTop += element.scrollHeight - height.current;
    shownFirst.current = first;
    settle();
  }, [first, content, settle]);

  // A window that is not filled can never be scrolled: then the older ones come by themselves.
  // biome-ignore lint/correctness/useExhaustiveDependencies: new content may fill the window
  useEffect(() => {
    const element = box.current;
    if (element !== null && more && element.scrollHeight <= element.clientHeight + NEAR_START_PX) onStart();
  }, [content, more, onStart]);

  useEffect(() => {
    const watched = new ResizeObserver(settle);
    if (list.current !== null) watched.observe(list.current);
    if (box.current !== null) watched.observe(box.current);
    return () => watched.disconnect();
  }, [settle]);

  return { box, list, atEnd, onScroll, toEnd };
}
