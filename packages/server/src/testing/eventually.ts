import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { TestRunner } from 'vitest';

/** The first checks follow each other turn by turn: most of what a test waits for is only a few turns of this process away. */
const QUICK_CHECKS = 50;
/** The pause between later checks grows by one millisecond up to this one, and leaves the CPU to what the test waits for. */
const MAX_PAUSE_MS = 25;
/** A check that takes time, as a request does, is followed by a pause of so many times its length, up to `MAX_LONG_PAUSE_MS`. */
const PAUSE_PER_CHECK = 3;
const MAX_LONG_PAUSE_MS = 100;
/** What takes less is over within a turn or two of this process. */
const LONG_CHECK_MS = 1;

/** Milliseconds between a check, the n-th, and the next one; 0 is the next turn. */
function pauseAfter(checks: number, tookMs: number): number {
  const long = tookMs < LONG_CHECK_MS ? 0 : Math.min(PAUSE_PER_CHECK * tookMs, MAX_LONG_PAUSE_MS);
  return Math.max(long, Math.min(checks - QUICK_CHECKS, MAX_PAUSE_MS));
}

/** Adds what was waited for to the error of the test's time limit, which would only say that the test took too long. */
function explainTimeout(signal: AbortSignal | undefined, explain: () => string): () => void {
  const add = () => {
    if (signal?.reason instanceof Error) signal.reason.message += `\n${explain()}`;
  };
  signal?.addEventListener('abort', add);
  return () => signal?.removeEventListener('abort', add);
}

async function check(condition: () => boolean | Promise<boolean>, explain: () => string): Promise<void> {
  const signal = TestRunner.getCurrentTest()?.context.signal;
  const stopExplaining = explainTimeout(signal, explain);
  try {
    for (let checks = 1; ; checks++) {
      const startedAt = performance.now();
      if (await condition()) return;
      signal?.throwIfAborted();
      const pauseMs = pauseAfter(checks, performance.now() - startedAt);
      if (pauseMs <= 0) await nextTurn();
      else await pause(pauseMs);
    }
  } finally {
    stopExplaining();
  }
}

/**
 * Resolves once the condition holds. It has no time limit of its own: the test's time limit ends it, with an error that
 * quotes the condition. A condition that throws ends it at once.
 */
export function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  return check(condition, () => `It waited for: ${condition.toString()}`);
}

/** Resolves once `read` returns what is expected, as `eventually`; the error of the test's time limit tells the last value. */
export function eventuallyEqual<T>(read: () => T | Promise<T>, expected: T): Promise<void> {
  let last: T | undefined;
  return check(
    async () => {
      last = await read();
      return isDeepStrictEqual(last, expected);
    },
    () => `It waited for ${read.toString()}\nto return ${JSON.stringify(expected)}; last: ${JSON.stringify(last)}`,
  );
}
