import { type FixedInput, takeFixedInput } from '../fixed-input.ts';
import { type CommonConfig, httpAddress, parseUrlOptions, type Secrets } from '../provider-url.ts';

/** Settings of one model at fal. */
export interface FalConfig extends CommonConfig {
  /** `FAL_KEY`, as `id:secret`. */
  readonly key: string;
  /** For example `fal-ai/flux/dev`. */
  readonly model: string;
  /** The queue, without a slash at its end; default `https://queue.fal.run`. */
  readonly baseUrl: string;
  /** Where the models' OpenAPI documents are; default `https://fal.ai`, or `baseUrl` where that is given. */
  readonly schemaUrl: string;
  /** Goes into every input: `?input.output_format=png`. */
  readonly fixedInput: FixedInput;
  /** For tests: milliseconds between two questions (default 500), and how long an outage is ridden out (30000). */
  readonly pollMs?: number;
  readonly outageMs?: number;
}

const MODEL = /^[\w.-]+(?:\/[\w.-]+){1,6}$/;

/** Reads `fal:fal-ai/flux/dev?concurrency=2`. Throws an `Error` of one line that names the bad part. */
export function parseFalConfig(url: URL, secrets: Secrets): FalConfig {
  const model = decodeURIComponent(url.pathname);
  if (url.protocol !== 'fal:' || !MODEL.test(model) || model.split('/').includes('..'))
    throw new Error(`fal: expected fal:owner/model, as in fal:fal-ai/flux/dev, got "${model}"`);
  const key = secrets['FAL_KEY']?.trim();
  if (!key) throw new Error('fal: FAL_KEY is not set; get a key at fal.ai/dashboard/keys');
  const { fixed, rest } = takeFixedInput(url, 'fal');
  const { baseUrl, ...common } = parseUrlOptions(rest, {
    kind: 'fal',
    defaults: { concurrency: 2, timeoutMs: 600_000 },
    shape: { baseUrl: httpAddress.optional() },
    expected: { baseUrl: 'must be an http or https URL' },
  });
  const base = baseUrl?.href.replace(/\/$/, '');
  return Object.freeze({
    ...common,
    key,
    model,
    baseUrl: base ?? 'https://queue.fal.run',
    schemaUrl: base ?? 'https://fal.ai',
    fixedInput: fixed,
  });
}
