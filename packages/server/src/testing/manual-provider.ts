import type { EncodedImage, GenerateContext, GenerateRequest, Update } from '../provider.ts';
import {
  type BackendTraits,
  createScriptedProvider,
  type ScriptedProvider,
  TINY_JPEG,
  TINY_PNG,
} from './scripted-provider.ts';

/** One run of a provider, steered by the test: it does nothing by itself. */
export interface ManualRun {
  readonly request: GenerateRequest;
  readonly signal: AbortSignal;
  /** The work of an earlier process that is gone on with. */
  readonly resume: string | undefined;
  /** Hands an update to the server; resolves when it asked for the next one. */
  say(update: Update): Promise<void>;
  step(step: number, preview?: EncodedImage): Promise<void>;
  /** Hands over a picture and ends the run. */
  finish(): Promise<void>;
  /** Ends the run without another word, or by throwing. */
  end(thrown?: Error): void;
  /** Resolves when the server let go of the run. */
  readonly released: Promise<void>;
}

export interface ManualProvider extends ScriptedProvider {
  /** The next run that begins, or has begun and was not asked for yet. */
  nextRun(): Promise<ManualRun>;
}

export const JPEG: EncodedImage = { bytes: TINY_JPEG, type: 'image/jpeg' };
export const PNG: EncodedImage = { bytes: TINY_PNG, type: 'image/png' };

/** What the test said and the server has not asked for yet. */
class Line {
  readonly #said: { update: Update | undefined; thrown: Error | undefined; taken: () => void }[] = [];
  #wake: () => void = () => {};

  put(update: Update | undefined, thrown?: Error): Promise<void> {
    return new Promise((taken) => {
      this.#said.push({ update, thrown, taken });
      this.#wake();
    });
  }

  /** Ends by throwing when the signal says so and nothing is left to say, as a backend would. */
  async *updates(signal: AbortSignal, heedsSignal: boolean): AsyncIterable<Update> {
    for (;;) {
      const next = this.#said.shift();
      if (next === undefined) {
        if (heedsSignal) signal.throwIfAborted();
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
          if (heedsSignal) signal.addEventListener('abort', () => resolve(), { once: true });
        });
        continue;
      }
      if (next.update === undefined) {
        next.taken();
        if (next.thrown !== undefined) throw next.thrown;
        return;
      }
      yield next.update;
      next.taken();
    }
  }
}

function createRun(request: GenerateRequest, { signal, resume }: GenerateContext, released: Promise<void>) {
  const line = new Line();
  const run: ManualRun = {
    request,
    signal,
    resume,
    released,
    say: (update) => line.put(update),
    async step(step, preview) {
      const { steps } = request;
      const said = line.put({ type: 'progress', percent: (100 * step) / steps, step, steps });
      await (preview === undefined ? said : line.put({ type: 'preview', image: preview }));
    },
    async finish() {
      await line.put({ type: 'image', image: PNG });
      await line.put(undefined);
    },
    end: (thrown) => void line.put(undefined, thrown),
  };
  return { run, line };
}

export interface ManualOptions extends BackendTraits {
  /** Whether runs end by themselves when their signal is aborted. Default true. */
  readonly heedsSignal?: boolean;
}

/** A backend whose every word the test says itself: no test with it depends on time. */
export function createManualProvider({ heedsSignal = true, ...traits }: ManualOptions = {}): ManualProvider {
  const begun: ManualRun[] = [];
  const asked: ((run: ManualRun) => void)[] = [];
  const provider = createScriptedProvider(async function* (request, context) {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { run, line } = createRun(request, context, released);
    const ask = asked.shift();
    if (ask === undefined) begun.push(run);
    else ask(run);
    try {
      yield* line.updates(context.signal, heedsSignal);
    } finally {
      release();
    }
  }, traits);
  const nextRun = () =>
    new Promise<ManualRun>((resolve) => {
      const run = begun.shift();
      if (run === undefined) asked.push(resolve);
      else resolve(run);
    });
  // The provider's getters stay getters: a copy of them would stand still.
  return Object.defineProperties(
    { ...provider, nextRun },
    { running: { get: () => provider.running }, requests: { get: () => provider.requests } },
  );
}
