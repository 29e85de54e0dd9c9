import { setTimeout as wait } from 'node:timers/promises';
import type { EncodedImage, GenerateContext, GenerateRequest, Update } from '../provider.ts';
import { leavesWorkRunning } from '../provider.ts';
import { isProviderError, ProviderError } from '../provider-error.ts';
import { readProgress } from './progress-log.ts';

/** The service's last word about the work (it failed, was cancelled, is no longer known): asking again changes nothing. */
export class WorkEnded extends ProviderError {}

/**
 * The service does not know the work, or has deleted its result: it may be submitted again. Said of work that was
 * submitted a moment ago it is doubted, since services answer from copies that lag behind.
 */
export class WorkLost extends WorkEnded {
  constructor(message: string, options: ErrorOptions = {}) {
    super('SERVER_ERROR', message, { ...options, retryable: true });
  }
}

/** How the work is by the service's word; a bad end is thrown as `WorkEnded`. */
export type HostedState =
  | { readonly kind: 'waiting'; readonly position?: number }
  /** `log`: what the model has printed so far. */
  | { readonly kind: 'running'; readonly log: string }
  /** `picture`: the address of the result. */
  | { readonly kind: 'done'; readonly picture: string };

/**
 * A hosted service that takes work under an id and is asked about it until it has ended. Each method makes its
 * requests once; what `read`, `download` and `cancel` throw other than `WorkEnded` may be asked again.
 */
export interface HostedService<Input> {
  /** What to submit; may ask the service about its model, but starts nothing. */
  prepare(request: GenerateRequest, signal: AbortSignal): Promise<Input>;
  /** Starts the work; its id. */
  submit(input: Input, signal: AbortSignal): Promise<string>;
  read(id: string, signal: AbortSignal): Promise<HostedState>;
  download(picture: string, signal: AbortSignal): Promise<EncodedImage>;
  cancel(id: string, signal: AbortSignal): Promise<void>;
}

/** Times in milliseconds. */
export interface HostedPace {
  /** Between two questions in the first 10 s; twice that in the first minute, then four times. Default 500. */
  readonly pollMs?: number;
  /** How long the service may be out of reach while the work runs. Default 30000. */
  readonly outageMs?: number;
  /** A submission that is no longer wanted is waited for so long: without its id the work cannot be cancelled. */
  readonly submitGraceMs?: number;
}

const POLL_MS = 500;
const OUTAGE_MS = 30_000;
/** Longest pause between two questions, whatever the service asks for. */
const MAX_PAUSE_MS = 30_000;
/** How long an aborted submission is waited for: its answer holds the id that a cancel needs. */
const SUBMIT_GRACE_MS = 3_000;
/** How long a cancel may take, its confirmation included. */
const CANCEL_MS = 5_000;

/** What has been said of one work. */
interface Said {
  percent: number;
  /** The place in the service's queue, as text; undefined: it does not wait. */
  waiting: string | undefined;
}

/** Submits once, then asks until the picture is there: the way of every hosted service with ids. */
export class HostedWork<Input> {
  readonly #service: HostedService<Input>;
  readonly #pollMs: number;
  readonly #outageMs: number;
  readonly #submitGraceMs: number;
  #tellsProgress = false;

  constructor(
    service: HostedService<Input>,
    { pollMs = POLL_MS, outageMs = OUTAGE_MS, submitGraceMs = SUBMIT_GRACE_MS }: HostedPace,
  ) {
    this.#service = service;
    this.#pollMs = pollMs;
    this.#outageMs = outageMs;
    this.#submitGraceMs = submitGraceMs;
  }

  /** Whether the model has printed how far it is, in any work so far. */
  get tellsProgress(): boolean {
    return this.#tellsProgress;
  }

  async *generate(request: GenerateRequest, { signal, resume }: GenerateContext): AsyncGenerator<Update> {
    let id = resume;
    // Until it ends by itself somebody leaves it: by the signal, or by returning from the loop.
    let isLeft = true;
    try {
      signal.throwIfAborted();
      if (id === undefined) {
        id = await this.#submit(request, signal);
        yield { type: 'accepted', upstreamId: id };
      }
      const image = yield* this.#follow(id, signal, resume === undefined);
      isLeft = false;
      yield { type: 'image', image };
    } catch (thrown) {
      isLeft = signal.aborted;
      throw signal.aborted ? signal.reason : thrown;
    } finally {
      if (isLeft && id !== undefined && !leavesWorkRunning(signal)) await this.#cancel(id);
    }
  }

  async #submit(request: GenerateRequest, signal: AbortSignal): Promise<string> {
    const input = await this.#service.prepare(request, signal);
    signal.throwIfAborted();
    const late = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const onAbort = () => {
      timer = setTimeout(() => late.abort(signal.reason), this.#submitGraceMs);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await this.#service.submit(input, late.signal);
    } finally {
      signal.removeEventListener('abort', onAbort);
      clearTimeout(timer);
    }
  }

  async *#follow(id: string, signal: AbortSignal, isFresh: boolean): AsyncGenerator<Update, EncodedImage> {
    const said: Said = { percent: -1, waiting: undefined };
    const startedAt = performance.now();
    for (;;) {
      const state = await this.#rideOut(() => this.#service.read(id, signal), signal, isFresh);
      if (state.kind === 'done')
        return await this.#rideOut(() => this.#service.download(state.picture, signal), signal, isFresh);
      yield* this.#tell(state, said);
      const elapsed = performance.now() - startedAt;
      await wait(this.#pollMs * (elapsed < 10_000 ? 1 : elapsed < 60_000 ? 2 : 4), undefined, { signal });
    }
  }

  *#tell(state: Exclude<HostedState, { kind: 'done' }>, said: Said): Generator<Update> {
    if (state.kind === 'waiting') {
      const { position } = state;
      if (said.waiting === String(position)) return;
      said.waiting = String(position);
      yield { type: 'waiting', ...(position !== undefined && { position }) };
      return;
    }
    const progress = readProgress(state.log);
    const percent = Math.min(99, progress?.percent ?? 0);
    this.#tellsProgress ||= progress !== undefined;
    if (progress !== undefined && percent > said.percent) {
      yield { type: 'progress', percent, step: progress.step, steps: progress.steps };
    } else if (said.waiting !== undefined) {
      // Nothing else says that the waiting is over.
      yield { type: 'progress', percent: Math.max(0, said.percent) };
    }
    said.percent = Math.max(said.percent, progress === undefined ? -1 : percent);
    said.waiting = undefined;
  }

  /** Asks again while the service is out of reach or out of order, and where a loss is doubted. */
  async #rideOut<T>(ask: () => Promise<T>, signal: AbortSignal, doubtsLoss = false): Promise<T> {
    let wordAt = performance.now();
    for (;;) {
      try {
        return await ask();
      } catch (thrown) {
        signal.throwIfAborted();
        if (!isProviderError(thrown) || isLastWord(thrown, doubtsLoss)) throw thrown;
        if (thrown.code === 'PROVIDER_RATE_LIMIT') wordAt = performance.now();
        else if (!thrown.retryable || performance.now() - wordAt > this.#outageMs) throw stillRunning(thrown);
        await wait(Math.max(this.#pollMs, Math.min(thrown.retryAfterMs ?? 0, MAX_PAUSE_MS)), undefined, { signal });
      }
    }
  }

  /** Cancels and waits for the word that it has ended, neither for long. What it ends with is dropped. */
  async #cancel(id: string): Promise<void> {
    const late = AbortSignal.timeout(CANCEL_MS);
    try {
      await this.#rideOut(() => this.#service.cancel(id, late), late);
      while ((await this.#rideOut(() => this.#service.read(id, late), late)).kind !== 'done')
        await wait(this.#pollMs, undefined, { signal: late });
    } catch {
      // It has ended (`WorkEnded`), or nobody answers: then the service's own time limit ends it.
    }
  }
}

const isLastWord = (error: ProviderError, doubtsLoss: boolean) =>
  error instanceof WorkLost ? !doubtsLoss : error instanceof WorkEnded;

function stillRunning({ code, message, retryable, cause }: ProviderError): ProviderError {
  return new ProviderError(code, message, { retryable, mayStillRun: true, cause });
}
