import { setTimeout as wait } from 'node:timers/promises';

/** Decides how soon the built-in generator makes its steps. */
export interface SketchPace {
  /** Resolves when the next step may be told. Once `signal` aborts it resolves or rejects at once. */
  next(signal: AbortSignal): Promise<unknown>;
}

/** A step takes at least `stepMs` milliseconds. */
export const paceByClock = (stepMs: number): SketchPace => ({
  next: (signal) => wait(stepMs, undefined, { signal }),
});
