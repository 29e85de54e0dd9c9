import * as z from 'zod';
import { type CommonConfig, parseHttpAddress, parseUrlOptions } from '../provider-url.ts';

/** How `sd-server` makes its previews: a projection of the latents (costs nothing), a small decoder, or the whole one. */
export const PREVIEW_MODES = ['proj', 'tae', 'vae', 'none'] as const;

/** Settings of a stable-diffusion.cpp server. */
export interface SdcppConfig extends CommonConfig {
  /** Where it listens. */
  readonly base: URL;
  /** For a proxy in front of it; it has no access control of its own. */
  readonly authorization: string | undefined;
  /** `?preview=`; default `proj`. */
  readonly preview: (typeof PREVIEW_MODES)[number];
  /** Milliseconds between two looks at a job that is being made; default 500. Twice as long while it waits. */
  readonly pollMs?: number;
  /** How long a backend may be out of reach while it has a job of ours, in milliseconds; default 30000. */
  readonly graceMs?: number;
}

/** Reads `sdcpp+http://host:port?concurrency=1&timeoutMs=600000&preview=proj`. Throws an `Error` of one line that names the bad part. */
export function parseSdcppConfig(url: URL): SdcppConfig {
  const address = parseHttpAddress(url, 'sdcpp');
  const { preview, ...common } = parseUrlOptions(url, {
    kind: 'sdcpp',
    defaults: { concurrency: 1, timeoutMs: 600_000 },
    shape: { preview: z.enum(PREVIEW_MODES).optional() },
    expected: { preview: `must be one of ${PREVIEW_MODES.join(', ')}` },
  });
  return Object.freeze({ ...common, ...address, preview: preview ?? 'proj' });
}
