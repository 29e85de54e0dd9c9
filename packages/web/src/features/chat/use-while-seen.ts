import { type RefObject, useEffect, useState } from 'react';

/** The newest value while the element is in sight; out of sight the last one that was: previews nobody sees are not loaded. */
export function useWhileSeen<T>(element: RefObject<Element | null>, value: T): T | undefined {
  const [seen, setSeen] = useState(false);
  const [held, setHeld] = useState<T>();
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => setSeen(entry?.isIntersecting === true));
    if (element.current !== null) observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  if (seen && held !== value) setHeld(value);
  return seen ? value : held;
}
