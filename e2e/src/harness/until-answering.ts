import { PATIENCE_MS } from './patience.ts';

/** Waits until the server at `url` answers anything. */
export async function untilAnswering(
  url: string,
  signal: AbortSignal = AbortSignal.timeout(PATIENCE_MS),
): Promise<void> {
  for (;;) {
    const answered = await fetch(url, { signal }).then(
      () => true,
      () => false,
    );
    if (answered) return;
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
