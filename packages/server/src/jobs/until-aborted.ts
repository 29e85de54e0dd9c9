import type { Clock } from '../clock.ts';

/** How long a source that was told to stop is waited for. */
const GRACE_MS = 5_000;

/**
 * The source's values until the signal aborts; then throws the signal's reason, once the source has stopped, or after a
 * grace time if it does not listen. So nobody starts the next job on a backend that is still busy, and nobody waits
 * forever for one that hangs.
 */
export async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal, clock: Clock): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort);
  try {
    for (;;) {
      signal.throwIfAborted();
      const next = await Promise.race([iterator.next(), aborted]);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    await stopWithin(iterator, clock);
  }
}

async function stopWithin<T>(iterator: AsyncIterator<T>, clock: Clock): Promise<void> {
  const stopped = Promise.resolve(iterator.return?.()).catch(() => {
    // It was told to stop; how it complains does not matter.
  });
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const undo = clock.after(GRACE_MS, resolve);
  await Promise.race([stopped, late]);
  undo();
}
