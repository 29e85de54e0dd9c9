import { setTimeout as delay } from 'node:timers/promises';
import type { ErrorCode } from '@darkroom/protocol';
import type { GenerateContext, GenerateRequest, ProviderHealthReport, Update } from '@darkroom/server/src/provider.ts';
import { ProviderError } from '@darkroom/server/src/provider-error.ts';
import {
  type BackendTraits,
  createScriptedProvider,
  type ScriptedProvider,
} from '@darkroom/server/src/testing/scripted-provider.ts';
import { frame, picture } from './pictures.ts';

const STYLES = ['flat', 'watercolour', 'neon', 'sepia', 'pixel', 'ink'];

/** How often the log is looked at. */
const LOOK_MS = 10;

/** Whether the log of the job with this prompt has come to `percent`. */
export type IsLogged = (prompt: string, percent: number) => Promise<boolean>;

type Cue =
  | Update
  | { readonly type: 'fail'; readonly error: Error }
  | { readonly type: 'logged'; readonly percent: number }
  | { readonly type: 'end' };

/** One run of one job on the backend: the test says what it does next. */
export class Run {
  readonly request: GenerateRequest;
  readonly #isLogged: IsLogged;
  readonly #cues: Cue[] = [];
  #wake = () => {};
  #step = 0;
  #over = false;

  constructor(request: GenerateRequest, isLogged: IsLogged) {
    this.request = request;
    this.#isLogged = isLogged;
  }

  /** Whether it ended, or was stopped. */
  get over(): boolean {
    return this.#over;
  }

  /** The next `count` steps, each with a preview. A step waits until the one before is in the log: none is coalesced. */
  step(count = 1): void {
    const { steps } = this.request;
    for (let done = 0; done < count; done++) {
      this.#step++;
      const percent = (100 * this.#step) / steps;
      this.#cue({ type: 'progress', percent, step: this.#step, steps });
      this.#cue({ type: 'preview', image: frame(this.#step) });
      this.#cue({ type: 'logged', percent });
    }
  }

  /** The backend has taken the work, and has it in a queue of its own. */
  wait(position: number): void {
    this.#cue({ type: 'waiting', position });
  }

  /** Done; each picture has a colour of its own. */
  finish(): void {
    this.#cue({ type: 'image', image: picture(this.request.seed) });
    this.#cue({ type: 'end' });
  }

  /** The backend fails. */
  fail(code: ErrorCode, message?: string): void {
    this.#cue({ type: 'fail', error: new ProviderError(code, message) });
  }

  /** The backend's adapter has a bug. */
  crash(message: string): void {
    this.#cue({ type: 'fail', error: new Error(message) });
  }

  /** What the server sees of it. */
  async *play({ signal }: GenerateContext): AsyncIterable<Update> {
    signal.addEventListener('abort', () => this.#wake());
    try {
      for (;;) {
        signal.throwIfAborted();
        const cue = this.#cues.shift();
        if (cue === undefined) await this.#nextCue();
        else if (cue.type === 'logged') await this.#untilLogged(cue.percent, signal);
        else if (cue.type === 'end') return;
        else if (cue.type === 'fail') throw cue.error;
        else yield cue;
      }
    } finally {
      this.#over = true;
    }
  }

  async #untilLogged(percent: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !(await this.#isLogged(this.request.prompt, percent))) await delay(LOOK_MS);
  }

  #nextCue(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #cue(cue: Cue): void {
    this.#cues.push(cue);
    this.#wake();
  }
}

/** What a stage may say of a backend. */
export interface StagedBackend extends BackendTraits {
  /** What it says of itself; default: all is well. */
  readonly health?: ProviderHealthReport;
}

/** A backend whose every run waits for its test. */
export class Backend {
  readonly provider: ScriptedProvider;
  readonly #isLogged: IsLogged;
  readonly #runs: Run[] = [];
  readonly #waiting = new Map<string, (run: Run) => void>();

  constructor({ health = { ok: true }, ...traits }: StagedBackend, isLogged: IsLogged) {
    this.#isLogged = isLogged;
    const provider = createScriptedProvider((request, context) => this.#begin(request).play(context), {
      concurrency: 16,
      ...traits,
      // With styles of its own, so that a style does not become part of the prompt, by which runs are found.
      capabilities: { styles: STYLES, ...traits.capabilities },
    });
    this.provider = Object.assign(provider, { health: async () => health });
  }

  /** The next run of the job with this prompt that no test has taken yet. */
  run(prompt: string): Promise<Run> {
    const index = this.#runs.findIndex((run) => run.request.prompt === prompt);
    const [known] = index === -1 ? [] : this.#runs.splice(index, 1);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve) => {
      this.#waiting.set(prompt, resolve);
    });
  }

  #begin(request: GenerateRequest): Run {
    const run = new Run(request, this.#isLogged);
    const taker = this.#waiting.get(request.prompt);
    this.#waiting.delete(request.prompt);
    if (taker === undefined) this.#runs.push(run);
    else taker(run);
    return run;
  }
}
