import * as z from 'zod';
import { shownValue } from '../secret-texts.ts';

/** Keys and tokens of hosted backends, by the name of their environment variable. */
export type Secrets = Readonly<Record<string, string | undefined>>;

/** What every provider's URL in `PROVIDERS` may say. */
export interface CommonConfig {
  /** `?name=`: name in jobs and health; default: the adapter's, with a number from the second on. */
  readonly name: string;
  /** `?concurrency=`: jobs at once, 1–64. */
  readonly concurrency: number;
  /** `?timeoutMs=`: longest time one picture may take, 1000–3600000. */
  readonly timeoutMs: number;
}

/** A whole number in a URL. */
export const wholeNumber = (low: number, high: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.int().min(low).max(high));

/** An http or https address in a URL, without credentials, query and fragment. */
export const httpAddress = z
  .url({ protocol: /^https?$/ })
  .transform((text) => new URL(text))
  .refine(({ username, password, search, hash }) => username + password + search + hash === '');

const expected = (text: string) => ({ error: `must be ${text}` });

const word = z
  .string()
  .regex(/^[a-z0-9][\w.-]{0,39}$/i)
  .optional();

const COMMON = {
  name: word,
  concurrency: wholeNumber(1, 64).optional(),
  timeoutMs: wholeNumber(1_000, 3_600_000).optional(),
  /**
   * Which backend it is, where processes reach the same one at different addresses (a tunnel, a name inside a container);
   * the same word in all of them. Not the adapter's matter: `providerPlace`.
   */
  at: word,
} as const;

const WORD = expected('1 to 40 letters, digits, dots, dashes or underscores').error;

const COMMON_EXPECTED: Readonly<Record<string, string>> = {
  name: WORD,
  concurrency: expected('a whole number from 1 to 64').error,
  timeoutMs: expected('a whole number of milliseconds from 1000 to 3600000').error,
  at: WORD,
};

/** What an adapter takes beside the common part. */
export interface UrlOptions<Shape extends z.core.$ZodLooseShape> {
  /** Name of the adapter and, by default, of the provider. */
  readonly kind: string;
  readonly defaults: { readonly concurrency: number; readonly timeoutMs: number };
  /** Its own options, each a schema over the text in the URL. */
  readonly shape: Shape;
  /** What each of its own options must be, in words: “must be …”. */
  readonly expected: Readonly<Record<keyof Shape & string, string>>;
}

/** Reads the options of a provider's URL. Throws an `Error` of one line that names the bad part. */
export function parseUrlOptions<Shape extends z.core.$ZodLooseShape>(
  url: URL,
  { kind, defaults, shape, expected: own }: UrlOptions<Shape>,
): CommonConfig & z.output<z.ZodObject<Shape>> {
  const words: Readonly<Record<string, string>> = { ...COMMON_EXPECTED, ...own };
  const names = [...url.searchParams.keys()];
  for (const name of names) {
    if (!(name in words))
      throw new Error(`${kind}: unknown option "${name}"; it knows ${Object.keys(words).join(', ')}`);
    if (names.indexOf(name) !== names.lastIndexOf(name)) throw new Error(`${kind}: option "${name}" is given twice`);
  }
  const given = Object.fromEntries(url.searchParams);
  const check = <T>(parsed: z.ZodSafeParseResult<T>): T => {
    if (parsed.success) return parsed.data;
    const bad = String(parsed.error.issues[0]?.path[0] ?? '');
    throw new Error(`${kind}: ${bad} ${words[bad] ?? 'must be valid'}, got "${shownValue(bad, given[bad] ?? '')}"`);
  };
  const common = check(z.object(COMMON).safeParse(given));
  const rest = check(z.object(shape).safeParse(given));
  return {
    ...rest,
    name: common.name ?? kind,
    concurrency: common.concurrency ?? defaults.concurrency,
    timeoutMs: common.timeoutMs ?? defaults.timeoutMs,
  };
}

/** The address in a URL such as `forge+http://user:password@host:7860/path?…`, and the credentials that were in it. */
export function parseHttpAddress(
  url: URL,
  kind: string,
): { readonly base: URL; readonly authorization: string | undefined } {
  const base = new URL(url.href.replace(`${kind}+`, ''));
  if (base.protocol !== 'http:' && base.protocol !== 'https:')
    throw new Error(`${kind}: expected ${kind}+http://host:port, got "${url.protocol}"`);
  const { username, password } = base;
  const text = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const authorization = username === '' ? undefined : `Basic ${Buffer.from(text).toString('base64')}`;
  Object.assign(base, { username: '', password: '', search: '', hash: '' });
  return { base, authorization };
}
