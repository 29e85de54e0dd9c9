import type { JobSize } from '@darkroom/protocol';

/** What a provider is asked for. Every value is set: defaults were filled in when the job was made. */
export interface GenerateRequest {
  readonly prompt: string;
  /** Edge of the square picture, in pixels. */
  readonly size: number;
  readonly steps: number;
  readonly style: string | undefined;
  readonly seed: number;
}

/** Encodings of previews and pictures. */
export type ImageType = 'image/jpeg' | 'image/png' | 'image/webp';

/** Bytes of one encoded picture. */
export interface EncodedImage {
  readonly bytes: Uint8Array;
  readonly type: ImageType;
}

/** What a provider says while it works. Order: `accepted` at most once and first; then `progress` and `preview`; then every `image`. */
export type Update =
  /** The backend has taken the work under this id of its own; said before anything is waited for. */
  | { readonly type: 'accepted'; readonly upstreamId: string }
  /** `percent` 0–100. A preview that belongs to a step follows its progress at once. */
  | { readonly type: 'progress'; readonly percent: number; readonly step?: number; readonly steps?: number }
  | { readonly type: 'preview'; readonly image: EncodedImage }
  | { readonly type: 'image'; readonly image: EncodedImage };

/** What a provider can do, asked before work is given to it. */
export interface ProviderCapabilities {
  readonly sizes: readonly JobSize[];
  /** Names it knows for `JobOptions.style`; empty: any text. */
  readonly styles: readonly string[];
  /** Whether it sends previews. */
  readonly previews: boolean;
  /** Whether it can go on with work of an earlier process by its upstream id. */
  readonly resume: boolean;
}

/** A provider's standing, as `/api/health` tells it. */
export interface ProviderHealthReport {
  readonly ok: boolean;
  readonly message?: string;
}

export interface GenerateContext {
  /** Aborts the work; `generate` then ends soon, having freed its backend. */
  readonly signal: AbortSignal;
  /** Upstream id of an earlier run of the same job, where `capabilities.resume`. */
  readonly resume?: string;
}

/** A source of pictures. An adapter is a folder of `providers/`, its errors are `ProviderError`s, and it never retries by itself. */
export interface Provider {
  /** Name in jobs, health and configuration, for example `sketch`. */
  readonly name: string;
  /** Jobs it runs at once; 1 = one GPU. */
  readonly concurrency: number;
  readonly capabilities: ProviderCapabilities;
  generate(request: GenerateRequest, context: GenerateContext): AsyncIterable<Update>;
  health(): Promise<ProviderHealthReport>;
  close(): Promise<void>;
}
