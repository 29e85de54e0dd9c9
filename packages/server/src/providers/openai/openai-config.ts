import * as z from 'zod';
import { type CommonConfig, parseUrlOptions, type Secrets, wholeNumber } from '../provider-url.ts';

const QUALITIES = ['auto', 'low', 'medium', 'high', 'xhigh', 'max'] as const;
const FORMATS = ['png', 'jpeg', 'webp'] as const;

/** How the server names what OpenAI's API has no field for; undefined: it takes none. */
export interface ExtraFields {
  readonly seed: string | undefined;
  readonly steps: string | undefined;
  readonly negativePrompt: string | undefined;
  readonly cfg: string | undefined;
}

/** Settings of one server that speaks OpenAI's Images API. */
export interface OpenaiConfig extends CommonConfig {
  /** With the version in its path, for example `https://api.openai.com/v1`. */
  readonly base: URL;
  /** OpenAI's own service: it knows these models' sizes, and wants a model in every request. */
  readonly isHosted: boolean;
  /** Sent as bearer; undefined: no `authorization` at all. */
  readonly key: string | undefined;
  /** Whom OpenAI bills, where the key belongs to several; undefined: the key's default. */
  readonly organization: string | undefined;
  readonly project: string | undefined;
  /** Undefined: the server's only one, or what the job asks for. */
  readonly model: string | undefined;
  readonly quality: (typeof QUALITIES)[number] | undefined;
  readonly moderation: 'auto' | 'low' | undefined;
  /** Encoding of previews and pictures; undefined: the server's (PNG). */
  readonly format: (typeof FORMATS)[number] | undefined;
  /** Previews asked for, 0–3; 0: no stream. */
  readonly partialImages: number;
  readonly extraFields: ExtraFields;
  /** Longest silence in a stream, in milliseconds. */
  readonly stallMs: number;
}

const HOSTED_BASE = 'https://api.openai.com/v1';

const httpUrl = z.url({ protocol: /^https?$/ }).transform((text) => new URL(text));
const accountId = z
  .string()
  .regex(/^[\w-]{1,100}$/)
  .optional();
const fieldName = z
  .string()
  .regex(/^[a-z_]\w{0,39}$/i)
  .optional();

const SHARED = {
  quality: z.enum(QUALITIES).optional(),
  format: z.enum(FORMATS).optional(),
  partialImages: wholeNumber(0, 3).optional(),
} as const;

const SHARED_EXPECTED = {
  quality: `must be one of ${QUALITIES.join(', ')}`,
  format: `must be one of ${FORMATS.join(', ')}`,
  partialImages: 'must be a whole number from 0 to 3',
} as const;

const NO_FIELDS: ExtraFields = { seed: undefined, steps: undefined, negativePrompt: undefined, cfg: undefined };

/** Higher qualities take minutes before their first partial picture. */
function pace(quality: string | undefined): { readonly timeoutMs: number; readonly stallMs: number } {
  const isQuick = quality === 'low' || quality === 'medium';
  const isSlow = quality === 'high' || quality === 'xhigh' || quality === 'max';
  return { timeoutMs: isQuick ? 180_000 : 600_000, stallMs: isSlow ? 300_000 : 120_000 };
}

function parseHosted(url: URL, secrets: Secrets): OpenaiConfig {
  const model = decodeURIComponent(url.pathname);
  if (!/^[\w.:-]{1,100}$/.test(model))
    throw new Error(`openai: expected a model, as in "openai:gpt-image-2", got "${url.protocol}${model}"`);
  const { timeoutMs, stallMs } = pace(url.searchParams.get('quality') ?? undefined);
  const { baseUrl, moderation, organization, project, quality, format, partialImages, ...common } = parseUrlOptions(
    url,
    {
      kind: 'openai',
      defaults: { concurrency: 4, timeoutMs },
      shape: {
        ...SHARED,
        moderation: z.enum(['auto', 'low']).optional(),
        organization: accountId,
        project: accountId,
        baseUrl: httpUrl.optional(),
      },
      expected: {
        ...SHARED_EXPECTED,
        moderation: 'must be auto or low',
        organization: 'must be an id, as in org-123',
        project: 'must be an id, as in proj_123',
        baseUrl: 'must be an http or https URL',
      },
    },
  );
  const key = secrets['OPENAI_API_KEY'];
  if (key === undefined || key === '') throw new Error('openai: the environment variable OPENAI_API_KEY is not set');
  return {
    ...common,
    base: baseUrl ?? new URL(HOSTED_BASE),
    isHosted: true,
    key,
    organization,
    project,
    model,
    quality,
    moderation,
    format,
    partialImages: partialImages ?? 2,
    extraFields: NO_FIELDS,
    stallMs,
  };
}

/** The key is the URL's password, or the variable it names: OpenAI's own never goes to another host unasked. */
function keyOf(url: URL, keyFrom: string | undefined, secrets: Secrets): string | undefined {
  const inUrl = decodeURIComponent(url.password === '' ? url.username : url.password);
  if (keyFrom === undefined) return inUrl === '' ? undefined : inUrl;
  const key = secrets[keyFrom];
  if (key === undefined || key === '') throw new Error(`openai: the environment variable ${keyFrom} is not set`);
  return key;
}

function parseServer(url: URL, secrets: Secrets): OpenaiConfig {
  const { stallMs } = pace(url.searchParams.get('quality') ?? undefined);
  const options = parseUrlOptions(url, {
    kind: 'openai',
    defaults: { concurrency: 1, timeoutMs: 600_000 },
    shape: {
      ...SHARED,
      model: z.string().min(1).max(200).optional(),
      keyFrom: z
        .string()
        .regex(/^[A-Z0-9_]+_API_KEY$/)
        .optional(),
      seed: fieldName,
      steps: fieldName,
      negativePrompt: fieldName,
      cfg: fieldName,
    },
    expected: {
      ...SHARED_EXPECTED,
      model: 'must be 1 to 200 characters',
      keyFrom: 'must be the name of an environment variable that ends in _API_KEY',
      seed: 'must be the name of the server’s field',
      steps: 'must be the name of the server’s field',
      negativePrompt: 'must be the name of the server’s field',
      cfg: 'must be the name of the server’s field',
    },
  });
  const { seed, steps, negativePrompt, cfg, keyFrom, model, quality, format, partialImages, ...common } = options;
  const base = new URL(url.href.replace(/^openai\+/, ''));
  Object.assign(base, { username: '', password: '', search: '', hash: '' });
  if (base.pathname === '/') base.pathname = '/v1';
  return {
    ...common,
    base,
    isHosted: false,
    key: keyOf(url, keyFrom, secrets),
    organization: undefined,
    project: undefined,
    model,
    quality,
    moderation: undefined,
    format,
    partialImages: partialImages ?? 0,
    extraFields: { seed, steps, negativePrompt, cfg },
    stallMs,
  };
}

/**
 * Reads `openai:gpt-image-2?quality=low&partialImages=2`, or `openai+http://host:port/v1?model=…` for any server that
 * speaks the same API. Throws an `Error` of one line that names the bad part.
 */
export function parseOpenaiConfig(url: URL, secrets: Secrets): OpenaiConfig {
  if (url.protocol === 'openai:') return Object.freeze(parseHosted(url, secrets));
  if (url.protocol === 'openai+http:' || url.protocol === 'openai+https:')
    return Object.freeze(parseServer(url, secrets));
  throw new Error(`openai: expected "openai:MODEL" or "openai+http://host:port/v1", got "${url.protocol}"`);
}
