import * as z from 'zod/mini';

const wholeNumber = (low: number, high: number) =>
  z.pipe(
    z.pipe(z.string().check(z.regex(/^\d+$/)), z.transform(Number)),
    z.int().check(z.minimum(low), z.maximum(high)),
  );

const Options = z.strictObject({
  stepMs: z._default(wholeNumber(0, 10_000), 300),
  concurrency: z._default(wholeNumber(1, 16), 2),
});

/** Settings of the built-in generator. */
export interface SketchConfig {
  /** Pace: milliseconds a step takes at least; default 300, 0 = as fast as it can. */
  readonly stepMs: number;
  /** Pictures at once; default 2. */
  readonly concurrency: number;
}

const EXPECTED: Readonly<Record<string, string>> = {
  stepMs: 'a whole number of milliseconds from 0 to 10000',
  concurrency: 'a whole number from 1 to 16',
};

/** Reads `sketch:?stepMs=300&concurrency=2`. Throws an `Error` of one line that names the bad part. */
export function parseSketchConfig(url: URL): SketchConfig {
  if (url.protocol !== 'sketch:')
    throw new Error(`sketch: expected a URL that begins with "sketch:", got "${url.protocol}"`);
  const rest = url.pathname + url.host + url.hash;
  if (rest !== '')
    throw new Error(`sketch: expected only options after "sketch:", as in "sketch:?stepMs=300", got "${rest}"`);
  const names = [...url.searchParams.keys()];
  const known = Object.keys(EXPECTED).join(' and ');
  for (const name of names) {
    if (!(name in EXPECTED)) throw new Error(`sketch: unknown option "${name}"; it knows ${known}`);
    if (names.indexOf(name) !== names.lastIndexOf(name)) throw new Error(`sketch: option "${name}" is given twice`);
  }
  const parsed = z.safeParse(Options, Object.fromEntries(url.searchParams));
  if (parsed.success) return Object.freeze(parsed.data);
  const bad = String(parsed.error.issues[0]?.path[0] ?? '');
  throw new Error(`sketch: ${bad} must be ${EXPECTED[bad] ?? 'valid'}, got "${url.searchParams.get(bad) ?? ''}"`);
}
