import type { HealthReason, ProviderCapabilities } from '@darkroom/protocol';

export type { ProviderCapabilities } from '@darkroom/protocol';

/** Encodings of previews and pictures. */
export type ImageType = 'image/jpeg' | 'image/png' | 'image/webp';

/** Bytes of one encoded picture. */
export interface EncodedImage {
  readonly bytes: Uint8Array;
  readonly type: ImageType;
}

/** One picture that a provider is asked for. What is undefined is left to the backend; only what its capabilities allow is set. */
export interface GenerateRequest {
  /** The style is already part of it where the provider has no styles of its own. */
  readonly prompt: string;
  readonly negativePrompt: string | undefined;
  /** Edge of the square picture, in pixels. */
  readonly size: number;
  readonly steps: number;
  readonly cfg: number | undefined;
  readonly sampler: string | undefined;
  readonly model: string | undefined;
  /** One of `capabilities.styles`. */
  readonly style: string | undefined;
  readonly seed: number;
  /** Image-to-image: a PNG of exactly `size` × `size` to begin with, and how far the result may leave it (0–1). */
  readonly input: { readonly image: EncodedImage; readonly strength: number } | undefined;
}

/**
 * What a provider says while it makes one picture. Order: `accepted` first (not when it resumes), and again only with
 * another id; then `waiting`, `progress` and `preview`; at last exactly one `image`.
 */
export type Update =
  /** The backend has the work under this id, or is about to get it; said before anything is waited for. The next update is asked for once the id is stored. */
  | { readonly type: 'accepted'; readonly upstreamId: string }
  /** The backend has it in a queue of its own, or is loading: not working on it yet. `position` 1 = next. Said again only when it changed. */
  | { readonly type: 'waiting'; readonly position?: number }
  /** `percent` 0–100, never falling. A preview that belongs to a step follows its progress at once. */
  | { readonly type: 'progress'; readonly percent: number; readonly step?: number; readonly steps?: number }
  | { readonly type: 'preview'; readonly image: EncodedImage }
  | { readonly type: 'image'; readonly image: EncodedImage };

/** Whether the backend answers, by its last check. */
export interface ProviderHealthReport {
  readonly ok: boolean;
  /** What is wrong, or worth knowing. */
  readonly reason?: HealthReason;
  /** The same, more precise; public: without addresses, and without the backend's own text. */
  readonly message?: string;
  /** What was thrown; for the log alone. */
  readonly cause?: unknown;
}

/** Reason of an abort that must not stop the backend: this process ends, the next one goes on with the same work. */
export class Detached extends Error {
  override readonly name = 'AbortError';
  readonly isDetached = true;
}

/** Whether the work at the backend is to be left running (`capabilities.resume`) when this signal is aborted. */
export function leavesWorkRunning(signal: AbortSignal): boolean {
  return signal.reason instanceof Error && 'isDetached' in signal.reason;
}

export interface GenerateContext {
  /**
   * Aborts the work; `generate` then cancels it at the backend (unless `leavesWorkRunning`), frees what it holds and
   * ends soon, by throwing the signal's reason.
   */
  readonly signal: AbortSignal;
  /** Go on with this upstream work of an earlier process instead of submitting; only where `capabilities.resume`. */
  readonly resume?: string;
}

/**
 * A source of pictures. An adapter is a folder of `providers/`; `docs/providers.md` is the recipe. What goes wrong is a
 * `ProviderError`. It submits once and never repeats a submission: retries, time limits and the breaker are the core's
 * (`jobs/backend.ts`). A lost progress channel is no failure as long as the work itself can be asked for.
 */
export interface Provider {
  /** Name in jobs, health and configuration, for example `forge` or `forge-2`. */
  readonly name: string;
  /** Which adapter it is, for example `forge`. */
  readonly kind: string;
  /** Jobs it runs at once; 1 = one GPU. */
  readonly concurrency: number;
  /** Longest time one picture may take at the backend, its own queue not counted, in milliseconds. */
  readonly timeoutMs: number;
  /** As far as known by now: `health` may bring lists of models and samplers. */
  readonly capabilities: ProviderCapabilities;
  generate(request: GenerateRequest, context: GenerateContext): AsyncIterable<Update>;
  /**
   * Ends the work that an earlier run has left at the backend under this id; resolves when nothing of it waits or runs
   * there. Missing where work cannot be found again. Throws a `ProviderError` if the backend cannot be asked.
   */
  stopLeft?(upstreamId: string, signal: AbortSignal): Promise<void>;
  /** Asks the backend, and learns what it can do. Ends within 5 s; a backend that is out of order is a report, not an error. */
  health(): Promise<ProviderHealthReport>;
  close(): Promise<void>;
}
