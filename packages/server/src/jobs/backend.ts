import {
  type Job,
  type JobError,
  LIMITS,
  type PicturePace,
  type ProviderFailure,
  type ProviderStatus,
} from '@darkroom/protocol';
import type { Breaker } from '../breaker.ts';
import type { Clock } from '../clock.ts';
import { type ImageBounds, PREVIEW_BOUNDS, RESULT_BOUNDS } from '../image-files/image-bounds.ts';
import type {
  EncodedImage,
  GenerateRequest,
  Provider,
  ProviderCapabilities,
  ProviderHealthReport,
  Update,
} from '../provider.ts';
import { healthReason, isProviderError, isPublicText, ProviderError, toJobError } from '../provider-error.ts';
import { acceptImage } from './accept-image.ts';
import type { BackendPolicy } from './backend-policy.ts';
import { toKeptUpdate } from './kept-update.ts';
import { PaceMeter } from './pace-meter.ts';
import { pause } from './pause.ts';
import { toShownCapabilities, toShownHealth } from './shown-backend.ts';
import { untilAborted } from './until-aborted.ts';
import { WorkDeadline } from './work-deadline.ts';

/** The try at hand failed; another one follows in `inMs` milliseconds. */
export interface RetryNotice {
  readonly type: 'retry';
  readonly error: JobError;
  readonly retry: number;
  readonly retries: number;
  readonly inMs: number;
}

/** What is told while a picture is made. */
export type BackendUpdate = Exclude<Update, { type: 'image' }> | RetryNotice;

export interface BackendRun {
  /** Aborts the picture; `run` then throws the signal's reason. */
  readonly signal: AbortSignal;
  /** Go on with this work of an earlier process; what is submitted after it was lost is new. */
  readonly resume: string | undefined;
  /** Before the provider is asked, each time; it is not if this rejects. Default: nothing. */
  readonly beforeTry?: () => Promise<void>;
  /** Nothing more is asked of the provider until it resolves. */
  readonly onUpdate: (update: BackendUpdate) => Promise<void>;
}

export interface BackendOptions {
  /** An opaque name of its address: the same in every process that reaches the same one. */
  readonly place: string;
  readonly clock: Clock;
  /** Of this backend, in all processes that have it. */
  readonly breaker: Breaker;
  readonly policy: BackendPolicy;
  /** Called with each report that differs from the last one, its cause included: for the log. Must not throw. */
  readonly onHealth?: (report: ProviderHealthReport) => void;
  /** Told how long each picture's work took, milliseconds; what it waited at its backend is none. Must not throw. Default: nobody is. */
  readonly onPicture?: (workedMs: number) => void;
  /** Receives each failure of the provider, its causes included, for the server's log. Must not throw. Default: ignored. */
  readonly onFailure?: (failure: unknown) => void;
  /** Whether image files keep what the backend wrote beside the pixels. Default: true. */
  readonly keepMetadata?: boolean;
}

const HEALTH_MS = 30_000;
const HEALTH_LIMIT_MS = 5_000;

/** Failures that say something about the backend; the others say something about the request. */
const FAULTS = new Set([
  'NETWORK_DISCONNECTED',
  'STREAM_UNAVAILABLE',
  'PROVIDER_TIMEOUT',
  'SERVER_ERROR',
  'PROVIDER_RATE_LIMIT',
]);

/** One provider with what is done when it fails: retries, the time limit, and a breaker that keeps jobs away from one that is down. */
export class Backend {
  readonly provider: Provider;
  readonly #options: BackendOptions;
  readonly #breaker: Breaker;
  #running = 0;
  readonly #pace = new PaceMeter();
  #failures: readonly ProviderFailure[] = [];
  #health: ProviderHealthReport = { ok: false, reason: 'unasked', message: 'It was not asked yet.' };
  #checkedAt = Number.NEGATIVE_INFINITY;
  #checking: Promise<void> | undefined;

  constructor(provider: Provider, options: BackendOptions) {
    this.provider = provider;
    this.#options = options;
    this.#breaker = options.breaker;
  }

  get name(): string {
    return this.provider.name;
  }

  get capabilities(): ProviderCapabilities {
    return this.provider.capabilities;
  }

  /** `BackendOptions.place`. */
  get place(): string {
    return this.#options.place;
  }

  /** Whether `job`'s work is at this backend; a process may name one backend twice. */
  holds({ provider, upstreamAt }: Pick<Job, 'provider' | 'upstreamAt'>): boolean {
    return upstreamAt === undefined ? provider === this.name : upstreamAt === this.place;
  }

  /** Jobs it runs at once. */
  get concurrency(): number {
    return this.provider.concurrency;
  }

  get timeoutMs(): number {
    return this.provider.timeoutMs;
  }

  /** Jobs it has now. */
  get running(): number {
    return this.#running;
  }

  /** Mean time of its recent pictures, milliseconds; undefined until there is one. */
  get meanMs(): number | undefined {
    return this.#pace.meanMs;
  }

  /** The same by size and steps. */
  get paces(): readonly PicturePace[] {
    return this.#pace.paces;
  }

  /** `open`: no job for now; `half-open`: the next job tries whether it works again. */
  get breaker(): ProviderStatus['breaker'] {
    return this.#breaker.state.kind;
  }

  /** Whether it may be given a job now. A half-open one takes one at a time, in all processes that have it. */
  get isOpenForJobs(): boolean {
    const { state } = this.#breaker;
    if (state.kind === 'half-open') return !state.isTried && this.#running === 0;
    return state.kind === 'closed';
  }

  /** Calls `fn` whenever the breaker's state has changed. */
  onChange(fn: () => void): void {
    this.#breaker.onChange(fn);
  }

  /** `Breaker.enter`, for a job that is about to begin. */
  enter(): Promise<(() => void) | undefined> {
    return this.#breaker.enter();
  }

  /** Counts a job as its own until the work is over. */
  async occupy<T>(work: () => Promise<T>): Promise<T> {
    this.#running++;
    try {
      return await work();
    } finally {
      this.#running--;
    }
  }

  /** Makes one picture, with as many tries as the failures allow. Throws the last failure, or the signal's reason. */
  async run(request: GenerateRequest, run: BackendRun): Promise<EncodedImage> {
    const { signal, onUpdate } = run;
    if (this.breaker === 'open') throw new ProviderError('SERVER_ERROR', `${this.name} rests after repeated failures.`);
    for (let retry = 1; ; retry++) {
      await run.beforeTry?.();
      try {
        const picture = await this.#try(request, retry === 1 ? run : { ...run, resume: undefined });
        await this.#breaker.succeeded();
        return picture;
      } catch (thrown) {
        signal.throwIfAborted();
        if (!isProviderError(thrown)) throw thrown;
        this.#remember(thrown);
        this.#options.onFailure?.(thrown);
        if (FAULTS.has(thrown.code)) await this.#breaker.failed();
        const notice = this.#nextTry(thrown, retry);
        if (notice === undefined) throw thrown;
        await onUpdate(notice);
        await pause(this.#options.clock, notice.inMs, signal);
        signal.throwIfAborted();
      }
    }
  }

  /** Asks the provider how it is now, and every half minute; returns its undo. */
  watchHealth(): () => void {
    void this.#check();
    return this.#options.clock.every(HEALTH_MS, () => void this.#check());
  }

  /** As of the last half minute. */
  async status(): Promise<ProviderStatus> {
    if (this.#options.clock.now() - this.#checkedAt >= HEALTH_MS) await this.#check();
    return this.describe();
  }

  /** The same, without asking the provider. */
  describe(): ProviderStatus {
    const { name, kind, concurrency, timeoutMs, capabilities } = this.provider;
    const { state } = this.#breaker;
    const { cause: _cause, ...health } = this.#health;
    return {
      name,
      kind,
      concurrency,
      timeoutMs,
      capabilities: toShownCapabilities(capabilities),
      running: this.#running,
      breaker: state.kind,
      ...health,
      ok: this.#health.ok && state.kind !== 'open',
      recentFailures: [...this.#failures],
      ...(state.kind === 'open' && { retryAt: new Date(state.until).toISOString() }),
      ...(this.meanMs !== undefined && {
        meanMs: Math.round(this.meanMs),
        paces: this.paces.map((pace) => ({ ...pace, meanMs: Math.round(pace.meanMs) })),
      }),
    };
  }

  async #try(request: GenerateRequest, { signal, resume, onUpdate }: BackendRun): Promise<EncodedImage> {
    const { clock } = this.#options;
    const deadline = new WorkDeadline(clock, this.provider.timeoutMs, () => this.#timeout());
    const stop = AbortSignal.any([signal, deadline.signal]);
    let picture: EncodedImage | undefined;
    try {
      const context = resume === undefined ? { signal: stop } : { signal: stop, resume };
      for await (const said of untilAborted(this.provider.generate(request, context), stop, clock)) {
        const update = toKeptUpdate(said);
        deadline.heard(update.type === 'waiting');
        if (update.type === 'image') {
          picture = this.#accept(update.image, RESULT_BOUNDS);
          continue;
        }
        const kept = this.#withKeptPreview(update);
        if (kept !== undefined) await onUpdate(kept);
      }
      stop.throwIfAborted();
      if (picture === undefined) throw new Error(`${this.name} ended without a picture`);
      this.#pace.learn(request, deadline.workedMs);
      this.#options.onPicture?.(deadline.workedMs);
      return picture;
    } finally {
      deadline.clear();
    }
  }

  /** A preview that cannot be kept is left out: the image does not depend on it. */
  #withKeptPreview(update: Exclude<Update, { type: 'image' }>): BackendUpdate | undefined {
    if (update.type !== 'preview') return update;
    try {
      return { type: 'preview', image: this.#accept(update.image, PREVIEW_BOUNDS) };
    } catch {
      return undefined;
    }
  }

  #accept(image: EncodedImage, bounds: ImageBounds): EncodedImage {
    return acceptImage(image, { bounds, keepMetadata: this.#options.keepMetadata ?? true });
  }

  #timeout(): ProviderError {
    const seconds = Math.round(this.provider.timeoutMs / 1_000);
    return new ProviderError('PROVIDER_TIMEOUT', `${this.name} took longer than ${seconds} s.`, {
      mayStillRun: this.capabilities.cancel === 'detaches',
    });
  }

  /** The next try of the same picture; undefined if there is to be none. */
  #nextTry(error: ProviderError, retry: number): RetryNotice | undefined {
    const { retryDelaysMs, maxRetryAfterMs } = this.#options.policy;
    const retries = Math.min(error.retries, retryDelaysMs.length);
    const { retryAfterMs = 0 } = error;
    if (retry > retries || retryAfterMs > maxRetryAfterMs || this.breaker === 'open') return undefined;
    const inMs = Math.ceil(error.retryAfterMs ?? retryDelaysMs[retry - 1] ?? 0);
    return { type: 'retry', error: toJobError(error), retry, retries, inMs };
  }

  #remember(error: ProviderError): void {
    const at = new Date(this.#options.clock.now()).toISOString();
    this.#failures = [{ at, error: toJobError(error) }, ...this.#failures].slice(0, LIMITS.recentFailures);
  }

  #check(): Promise<void> {
    this.#checking ??= this.#askHealth().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  /** A provider that does not answer in time is not healthy; nobody waits longer for it. */
  async #askHealth(): Promise<void> {
    const { clock, onHealth } = this.#options;
    const { promise: late, reject } = Promise.withResolvers<never>();
    const undo = clock.after(HEALTH_LIMIT_MS, () =>
      reject(new ProviderError('PROVIDER_TIMEOUT', 'No answer in time.')),
    );
    const last = this.#health;
    try {
      this.#health = toShownHealth(toPublicReport(await Promise.race([this.provider.health(), late])));
    } catch (thrown) {
      this.#health = isProviderError(thrown)
        ? toShownHealth({ ok: false, reason: healthReason(thrown), message: thrown.message, cause: thrown })
        : { ok: false, reason: 'failing', message: 'The health check failed.', cause: thrown };
    } finally {
      undo();
    }
    this.#checkedAt = clock.now();
    const { ok, reason, message } = this.#health;
    if (ok !== last.ok || reason !== last.reason || message !== last.message) onHealth?.(this.#health);
  }
}

function toPublicReport(report: ProviderHealthReport): ProviderHealthReport {
  const { message, ...rest } = report;
  return message === undefined || isPublicText(message) ? report : rest;
}
