import { type CommonConfig, parseUrlOptions, wholeNumber } from '../provider-url.ts';

/** Settings of the built-in generator. */
export interface SketchConfig extends CommonConfig {
  /** Pace: milliseconds a step takes at least; default 300, 0 = as fast as it can. */
  readonly stepMs: number;
}

/** Reads `sketch:?stepMs=300&concurrency=2`. Throws an `Error` of one line that names the bad part. */
export function parseSketchConfig(url: URL): SketchConfig {
  if (url.protocol !== 'sketch:')
    throw new Error(`sketch: expected a URL that begins with "sketch:", got "${url.protocol}"`);
  const rest = url.pathname + url.host + url.hash;
  if (rest !== '')
    throw new Error(`sketch: expected only options after "sketch:", as in "sketch:?stepMs=300", got "${rest}"`);
  const { stepMs, ...common } = parseUrlOptions(url, {
    kind: 'sketch',
    defaults: { concurrency: 2, timeoutMs: 600_000 },
    shape: { stepMs: wholeNumber(0, 10_000).optional() },
    expected: { stepMs: 'must be a whole number of milliseconds from 0 to 10000' },
  });
  return Object.freeze({ ...common, stepMs: stepMs ?? 300 });
}
