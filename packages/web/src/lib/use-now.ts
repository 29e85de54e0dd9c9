import { useEffect, useState } from 'react';

/** The time, in ms, told anew every `everyMs`: for countdowns and “5 s ago”. Put it in the smallest component that shows it. */
export function useNow(everyMs = 1000): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
