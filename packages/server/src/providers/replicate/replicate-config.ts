import { type FixedInput, takeFixedInput } from '../fixed-input.ts';
import { type CommonConfig, httpAddress, parseUrlOptions, type Secrets } from '../provider-url.ts';

/** Settings of one model at Replicate. */
export interface ReplicateConfig extends CommonConfig {
  /** `REPLICATE_API_TOKEN`. */
  readonly token: string;
  readonly owner: string;
  readonly model: string;
  /** Undefined: the newest, or whatever an official model runs. */
  readonly version: string | undefined;
  /** The API; default `https://api.replicate.com/v1`. */
  readonly baseUrl: URL;
  /** Goes into every input: `?input.output_format=png`. */
  readonly fixedInput: FixedInput;
  /** For tests: milliseconds between two questions (default 500), and how long an outage is ridden out (30000). */
  readonly pollMs?: number;
  readonly outageMs?: number;
}

const MODEL = /^([\w.-]+)\/([\w.-]+)(?::([0-9a-f]{64}))?$/i;

/** Reads `replicate:owner/name[:version]?concurrency=4`. Throws an `Error` of one line that names the bad part. */
export function parseReplicateConfig(url: URL, secrets: Secrets): ReplicateConfig {
  const [, owner, model, version] = MODEL.exec(decodeURIComponent(url.pathname)) ?? [];
  if (url.protocol !== 'replicate:' || owner === undefined || model === undefined)
    throw new Error(`replicate: expected replicate:owner/name or replicate:owner/name:version, got "${url.pathname}"`);
  const token = secrets['REPLICATE_API_TOKEN']?.trim();
  if (!token) throw new Error('replicate: REPLICATE_API_TOKEN is not set; get a token at replicate.com/account');
  const { fixed, rest } = takeFixedInput(url, 'replicate');
  const { baseUrl, ...common } = parseUrlOptions(rest, {
    kind: 'replicate',
    defaults: { concurrency: 4, timeoutMs: 600_000 },
    shape: { baseUrl: httpAddress.optional() },
    expected: { baseUrl: 'must be an http or https URL' },
  });
  return Object.freeze({
    ...common,
    token,
    owner,
    model,
    version,
    baseUrl: baseUrl ?? new URL('https://api.replicate.com/v1'),
    fixedInput: fixed,
  });
}
