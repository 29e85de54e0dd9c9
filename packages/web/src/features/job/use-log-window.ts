import { type KeyboardEvent, useCallback, useLayoutEffect, useRef, useState } from 'react';

/** Height of every row, in px: fixed, so that a row's place is known without it being there. */
export const ROW_PX = 36;
const OVERSCAN = 4;
const NEAR_END_PX = 8;

const STEPS: Readonly<Record<string, (index: number, page: number) => number>> = {
  ArrowDown: (index) => index + 1,
  ArrowUp: (index) => index - 1,
  PageDown: (index, page) => index + page,
  PageUp: (index, page) => index - page,
  Home: () => 0,
  End: () => Number.MAX_SAFE_INTEGER,
};

/**
 * Shows a window of a long list: only the rows in sight are in the page. Follows the end while the reader is there,
 * and moves a single tab stop by the keyboard.
 */
export function useLogWindow(count: number) {
  const box = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const focusWanted = useRef(false);
  const [place, setPlace] = useState({ top: 0, height: 0, atEnd: true });
  const [focused, setFocused] = useState(0);

  const measure = useCallback(() => {
    const element = box.current;
    if (element === null) return;
    const { scrollTop: top, clientHeight: height, scrollHeight } = element;
    following.current = top + height >= scrollHeight - NEAR_END_PX;
    setPlace({ top, height, atEnd: following.current });
  }, []);

  const toEnd = useCallback(() => {
    box.current?.scrollTo({ top: box.current.scrollHeight });
    measure();
  }, [measure]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new row is the reason to follow
  useLayoutEffect(() => {
    if (following.current) toEnd();
    else measure();
  }, [count, toEnd, measure]);

  // Before the next key is heard: a focus that comes late would take the reader back.
  useLayoutEffect(() => {
    if (!focusWanted.current) return;
    focusWanted.current = false;
    box.current?.querySelector<HTMLElement>(`[data-index="${focused}"]`)?.focus({ preventScroll: true });
  });

  const onKeyDown = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    const element = box.current;
    if (step === undefined || element === null) return;
    event.preventDefault();
    const page = Math.max(1, Math.floor(element.clientHeight / ROW_PX) - 2);
    const next = Math.min(count - 1, Math.max(0, step(focused, page)));
    const top = next * ROW_PX;
    // The header row is sticky and covers the first row's worth of the box.
    const highest = top + 2 * ROW_PX - element.clientHeight;
    element.scrollTop = Math.min(top, Math.max(element.scrollTop, highest));
    focusWanted.current = true;
    setFocused(next);
    measure();
  };

  const first = Math.max(0, Math.floor(place.top / ROW_PX) - OVERSCAN);
  const last = Math.min(count, Math.ceil((place.top + place.height) / ROW_PX) + OVERSCAN);
  const tabStop = focused >= first && focused < last ? focused : Math.max(first, last - OVERSCAN - 1);
  return { box, first, last, tabStop, atEnd: place.atEnd, onScroll: measure, onKeyDown, focus: setFocused, toEnd };
}
