import type { Clock } from '../clock.ts';

/** Resolves after `ms`, or as soon as the signal is aborted. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = () => {
      undo();
      signal.removeEventListener('abort', stop);
      resolve();
    };
    const undo = clock.after(ms, stop);
    signal.addEventListener('abort', stop);
  });
}
