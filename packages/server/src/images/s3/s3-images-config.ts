import * as z from 'zod';

/** Settings of an S3 bucket. */
export interface S3ImagesConfig {
  readonly bucket: string;
  /** `?endpoint=`: an S3 server of one's own; undefined: Amazon's of the region. */
  readonly endpoint: URL | undefined;
  /** `?publicEndpoint=`: how browsers reach that server, where it has another address for them. Default: `endpoint`. */
  readonly publicEndpoint: URL | undefined;
  /** `?region=`, default us-east-1. */
  readonly region: string;
  /** `?prefix=`: a folder in the bucket; empty or with `/` at its end. */
  readonly prefix: string;
  /** `?forcePathStyle=`: the bucket is in the path, not in the host name. Default: true with an `endpoint`. */
  readonly forcePathStyle: boolean;
  /** `?delivery=`: whether the server sends the pictures itself, or sends readers to the storage. Default proxy. */
  readonly delivery: 'proxy' | 'redirect';
}

const httpAddress = z
  .url({ protocol: /^https?$/ })
  .transform((text) => new URL(text))
  .refine(({ username, password, search, hash }) => username + password + search + hash === '');

const OPTIONS = z.object({
  endpoint: httpAddress.optional(),
  publicEndpoint: httpAddress.optional(),
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/i)
    .default('us-east-1'),
  prefix: z
    .string()
    .regex(/^[\w.-]+(?:\/[\w.-]+)*\/?$/)
    .transform((text) => text.replace(/\/?$/, '/'))
    .default(''),
  forcePathStyle: z.enum(['true', 'false']).optional(),
  delivery: z.enum(['proxy', 'redirect']).default('proxy'),
});

const EXPECTED: Readonly<Record<string, string>> = {
  endpoint: 'must be an http:// or https:// address without credentials and query',
  publicEndpoint: 'must be an http:// or https:// address without credentials and query',
  region: 'must be a region such as eu-central-1',
  prefix: 'must be folders of letters, digits, dots, dashes and underscores, separated by /',
  forcePathStyle: 'must be true or false',
  delivery: 'must be proxy or redirect',
};

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** Reads `s3://bucket?endpoint=…&region=…`. Throws an `Error` of one line that names the bad part, never its value: it may be a secret. */
export function parseS3ImagesUrl(url: URL): S3ImagesConfig {
  const { hostname: bucket, pathname, port, username, password, hash } = url;
  if (username + password !== '')
    throw new Error('the address must be without credentials; they are read from AWS_ACCESS_KEY_ID and its like');
  if (!BUCKET.test(bucket) || !['', '/'].includes(pathname) || port + hash !== '')
    throw new Error('the address must be s3://bucket?option=value; a folder in the bucket is the option "prefix"');
  const names = [...url.searchParams.keys()];
  for (const name of names) {
    if (!(name in EXPECTED)) throw new Error(`s3 has an unknown option; it knows ${Object.keys(EXPECTED).join(', ')}`);
    if (names.indexOf(name) !== names.lastIndexOf(name)) throw new Error(`s3: option "${name}" is given twice`);
  }
  const parsed = OPTIONS.safeParse(Object.fromEntries(url.searchParams));
  if (!parsed.success) {
    const bad = String(parsed.error.issues[0]?.path[0] ?? '');
    throw new Error(`s3: ${bad} ${EXPECTED[bad] ?? 'must be valid'}`);
  }
  const { endpoint, publicEndpoint, region, prefix, forcePathStyle, delivery } = parsed.data;
  return Object.freeze({
    bucket,
    endpoint,
    publicEndpoint,
    region,
    prefix,
    delivery,
    forcePathStyle: forcePathStyle === undefined ? endpoint !== undefined : forcePathStyle === 'true',
  });
}
