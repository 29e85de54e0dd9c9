import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { type IdentityKey, parseIdentityKeys } from './identity-keys/identity-keys.ts';
import { type BackendPolicy, DEFAULT_POLICY } from './jobs/backend-policy.ts';
import { withoutPassword } from './secret-texts.ts';

/** A value of the environment that cannot be used. The message is one line: which variable, what was expected, what came. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Levels of the server's own log, as pino names them. */
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What a process does: `gateway` serves people, `worker` makes pictures, `all` does both. */
export const ROLES = ['all', 'gateway', 'worker'] as const;
export type Role = (typeof ROLES)[number];

/** Requests one address may make. */
export interface RateLimit {
  readonly max: number;
  readonly windowMs: number;
}

/** The proxies in front: how many, the nearest one included (0: none), or their addresses, networks and names of networks. */
export type TrustProxy = number | readonly string[];

/** Keys of an object storage. */
export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Everything the environment says, checked. README.md has the table. */
export interface Config {
  /** `ROLE`, default `all`; the others need a storage and a queue that processes share. */
  readonly role: Role;
  /** TCP port; 0 = any free one. `PORT`, default 8787. */
  readonly port: number;
  /** Address to listen on. `HOST`, default 127.0.0.1. */
  readonly host: string;
  /** Address under which people reach the server, for links that leave it. `PUBLIC_URL`, default: what the request says. */
  readonly publicUrl: URL | undefined;
  /** Folder of the database and the pictures. `DATA_DIR`, default ./data. */
  readonly dataDir: string;
  /** `file` = a SQLite file in `dataDir`; `memory` = nothing is kept; an address = PostgreSQL. `DATABASE_URL`. */
  readonly database: 'file' | 'memory' | URL;
  /** Where pictures are: `s3://bucket?endpoint=…` or `file:///folder`; undefined: with the database. `IMAGES_URL`. */
  readonly imagesUrl: URL | undefined;
  /** Keys of the object storage; undefined: from where the AWS SDK finds them. `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`. Never logged. */
  readonly awsKeys: AwsKeys | undefined;
  /** Redis, for the queue and for what processes tell each other; undefined: this is the only process. `REDIS_URL`. */
  readonly redisUrl: URL | undefined;
  /** Backends in order of preference. `PROVIDERS`, default `sketch:?stepMs=300`. */
  readonly providers: readonly URL[];
  /** Keys and tokens of hosted backends, by the name of their variable: `OPENAI_API_KEY`, `REPLICATE_API_TOKEN`, `FAL_KEY`, and every other `…_API_KEY`. Never logged. */
  readonly secrets: Readonly<Record<string, string | undefined>>;
  /** What is done when a backend fails. `RETRY_DELAYS`, default `1s,2s,4s`; `BREAKER_FAILURES`, default 5; `BREAKER_OPEN`, default 60s. */
  readonly backendPolicy: BackendPolicy;
  /** A running job that says nothing for this long is ended; undefined = never. `STUCK_AFTER`, default 5m. */
  readonly stuckAfterMs: number | undefined;
  /** How often such jobs are looked for. `STUCK_CHECK`, default 60s. */
  readonly stuckCheckMs: number;
  /** A worker that was silent for so long has lost its jobs to others; the same for all processes. `TAKE_OVER_AFTER`, default 20s. */
  readonly takeOverAfterMs: number;
  /** Ended jobs are removed after this; undefined = never. `JOB_TTL`, default never, `24h` with `memory:`. */
  readonly jobTtlMs: number | undefined;
  /** Most jobs that wait. `MAX_QUEUED`, default 1000. */
  readonly maxQueued: number;
  /** Maximum number of unfinished jobs of one client. `MAX_QUEUED_PER_CLIENT`, default: a quarter of `maxQueued`. */
  readonly maxQueuedPerClient: number;
  /** Whether image files keep what backends write into them: prompts, parameters, workflows. `KEEP_METADATA`, default true. */
  readonly keepMetadata: boolean;
  /** `LOG_LEVEL`, default info. */
  readonly logLevel: LogLevel;
  /**
   * Host names under which the server answers besides IP addresses, `localhost` and the host of `PUBLIC_URL`; `*.` before
   * a name = its subdomains, `*` = every name. `ALLOWED_HOSTS`, default none.
   */
  readonly allowedHosts: readonly string[];
  /** Other sites whose pages may use the API; `*` = all. `CORS_ORIGINS`, default none. */
  readonly corsOrigins: readonly string[];
  /** `RATE_LIMIT`, for example `60/minute`; default none. */
  readonly rateLimit: RateLimit | undefined;
  /** Proxies whose `X-Forwarded-*` headers are believed. `TRUST_PROXY`, default: none. */
  readonly trustProxy: TrustProxy;
  /** Keys that sign visitors' cookies, the signing one first; undefined: those that are kept with the database. `IDENTITY_KEYS`. Never logged. */
  readonly identityKeys: readonly IdentityKey[] | undefined;
  /** Header, in lower case, in which that proxy names who is signed in; undefined: everybody is anonymous. `USER_HEADER`. */
  readonly userHeader: string | undefined;
}

/** The environment, or part of one. */
export type Environment = Readonly<Record<string, string | undefined>>;

const MAX_JOBS = 10_000_000;
const DEFAULT_PROVIDERS = 'sketch:?stepMs=300';
const DAY_MS = 86_400_000;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: DAY_MS };
const WINDOW_MS: Readonly<Record<string, number>> = { second: 1_000, minute: 60_000, hour: 3_600_000 };

function fail(name: string, expected: string, value: string): never {
  throw new ConfigError(`${name} must be ${expected}; got "${withoutPassword(value)}"`);
}

function integer(name: string, value: string, [min, max]: readonly [number, number]): number {
  const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
  return number >= min && number <= max ? number : fail(name, `a whole number from ${min} to ${max}`, value);
}

function duration(name: string, value: string): number | undefined {
  if (value === '0' || value === 'never') return undefined;
  const [, count, unit] = /^(\d{1,6})(ms|[smhd])$/.exec(value) ?? [];
  const unitMs = UNIT_MS[unit ?? ''];
  if (count === undefined || unitMs === undefined || Number(count) === 0)
    return fail(name, 'a time such as 30m, 24h or 7d, or "never"', value);
  return Number(count) * unitMs;
}

/** One that must be there. */
function time(name: string, value: string): number {
  return duration(name, value) ?? fail(name, 'a time such as 500ms, 30s or 5m', value);
}

function backendPolicy(get: (name: string, fallback: string) => string): BackendPolicy {
  const delays = get('RETRY_DELAYS', '1s,2s,4s');
  return {
    ...DEFAULT_POLICY,
    retryDelaysMs: delays === 'never' ? [] : delays.split(',').map((part) => time('RETRY_DELAYS', part.trim())),
    breakerFailures: integer('BREAKER_FAILURES', get('BREAKER_FAILURES', '5'), [1, 1_000_000]),
    breakerOpenMs: time('BREAKER_OPEN', get('BREAKER_OPEN', '60s')),
  };
}

/** Names of the settings that hold a hosted backend's key. */
export const BACKEND_KEY = /^(?:[A-Z0-9_]+_API_KEY|REPLICATE_API_TOKEN|FAL_KEY)$/;

function secrets(environment: Environment): Config['secrets'] {
  return Object.fromEntries(
    Object.entries(environment).filter(
      ([name, value]) => BACKEND_KEY.test(name) && value !== undefined && value !== '',
    ),
  );
}

function httpUrl(name: string, value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  return url?.protocol === 'http:' || url?.protocol === 'https:'
    ? url
    : fail(name, 'an http:// or https:// address', value);
}

function host(value: string): string {
  const isName = /^[a-zA-Z0-9]([a-zA-Z0-9.-]{0,251}[a-zA-Z0-9])?$/.test(value);
  return isIP(value) !== 0 || isName ? value : fail('HOST', 'an IP address or a host name', value);
}

const POSTGRES = ['postgres:', 'postgresql:'];

/** The address of a PostgreSQL database; undefined where the value is none. */
export function readPostgresUrl(value: string): URL | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const isOne = url !== undefined && POSTGRES.includes(url.protocol) && url.hostname !== '' && url.pathname.length > 1;
  return isOne ? url : undefined;
}

function database(value: string): Config['database'] {
  if (value === '') return 'file';
  if (value === 'memory:') return 'memory';
  const expected = 'unset (a file in DATA_DIR), "memory:" or postgres://user:password@host:port/database';
  return readPostgresUrl(value) ?? fail('DATABASE_URL', expected, value);
}

function providers(value: string): readonly URL[] {
  return value.split(',').map((part) => {
    const text = part.trim();
    return URL.canParse(text)
      ? new URL(text)
      : fail('PROVIDERS', 'a comma-separated list of URLs such as sketch:?stepMs=300', text);
  });
}

/** What a variable says, or the fallback where it says nothing. */
const valuesOf =
  (environment: Environment) =>
  (name: string, fallback = '') =>
    environment[name]?.trim() || fallback;

/** What its adapter expects of it, the adapter says. The value is not repeated: it may hold a secret. */
function imagesUrl(value: string): URL | undefined {
  if (value === '') return undefined;
  if (!URL.canParse(value)) throw new ConfigError('IMAGES_URL must be s3://bucket?option=value or file:///folder');
  return new URL(value);
}

/** Undefined where they are not both there. */
export function readAwsKeys(environment: Environment): AwsKeys | undefined {
  const get = valuesOf(environment);
  const accessKeyId = get('AWS_ACCESS_KEY_ID');
  const secretAccessKey = get('AWS_SECRET_ACCESS_KEY');
  const sessionToken = get('AWS_SESSION_TOKEN');
  if (accessKeyId === '' || secretAccessKey === '') return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken !== '' && { sessionToken }) };
}

function logLevel(value: string): LogLevel {
  return LOG_LEVELS.find((level) => level === value) ?? fail('LOG_LEVEL', `one of ${LOG_LEVELS.join(', ')}`, value);
}

function origins(value: string): readonly string[] {
  if (value === '') return [];
  return value.split(',').map((part) => {
    const text = part.trim();
    return text === '*' ? text : httpUrl('CORS_ORIGINS', text).origin;
  });
}

/** A name as browsers send it in `Host`: in lower case, an international one in Punycode. */
const ALLOWED_HOST = /^(?:\*|(?:\*\.)?[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?)$/;

function allowedHosts(value: string): readonly string[] {
  if (value === '') return [];
  return value.split(',').map((part) => {
    const name = part.trim().toLowerCase();
    const expected = 'host names without scheme and port, such as nas.local or *.example.org';
    return ALLOWED_HOST.test(name) ? name : fail('ALLOWED_HOSTS', expected, part.trim());
  });
}

function rateLimit(value: string): RateLimit | undefined {
  if (value === '') return undefined;
  const [, max, window] = /^(\d{1,7})\/(second|minute|hour)$/.exec(value) ?? [];
  const windowMs = WINDOW_MS[window ?? ''];
  if (max === undefined || windowMs === undefined || Number(max) === 0)
    return fail('RATE_LIMIT', 'a number per second, minute or hour, such as 60/minute', value);
  return { max: Number(max), windowMs };
}

/** More proxies in a row than any network has: a larger number is a mistake, and would trust what clients send. */
const MAX_PROXIES = 16;
const NETWORK_NAMES = ['loopback', 'linklocal', 'uniquelocal'];

/** An address, a network such as `10.0.0.0/8`, or the name of a network. A prefix of 0 would trust every client. */
function isNetwork(value: string): boolean {
  const [address = '', prefix, ...more] = value.split('/');
  const bits = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  const isPrefix = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= bits);
  return NETWORK_NAMES.includes(value) || (bits > 0 && isPrefix && more.length === 0);
}

function boolean(name: string, value: string): boolean {
  return value === 'true' || (value === 'false' ? false : fail(name, 'true or false', value));
}

function trustProxy(value: string): TrustProxy {
  if (value === 'false') return 0;
  if (value === 'true') return 1;
  if (/^\d+$/.test(value)) return integer('TRUST_PROXY', value, [1, MAX_PROXIES]);
  const networks = value.split(',').map((part) => part.trim());
  const expected = 'true, false, a number of proxies, or a comma-separated list of addresses and networks';
  return networks.every(isNetwork) ? networks : fail('TRUST_PROXY', expected, value);
}

function role(value: string, isShared: boolean): Role {
  const known = ROLES.find((one) => one === value) ?? fail('ROLE', `one of ${ROLES.join(', ')}`, value);
  if (known !== 'all' && !isShared)
    fail('ROLE', '"all" unless DATABASE_URL is postgres://… and REDIS_URL is set', value);
  return known;
}

function redisUrl(value: string, databaseKind: Config['database']): URL | undefined {
  if (value === '') return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== 'redis:' && url?.protocol !== 'rediss:')
    return fail('REDIS_URL', 'an address such as redis://host:6379', value);
  if (databaseKind === 'memory')
    return fail('REDIS_URL', 'unset with DATABASE_URL=memory:, which no other process sees', value);
  return url;
}

/** The value is not repeated: it is a secret. */
function identityKeys(value: string): readonly IdentityKey[] | undefined {
  if (value === '') return undefined;
  try {
    return parseIdentityKeys(value);
  } catch (thrown) {
    throw new ConfigError(`IDENTITY_KEYS: ${thrown instanceof Error ? thrown.message : thrown}`);
  }
}

/** Headers that mean something else, or that clients and other proxies write: none of them names anybody. */
const NO_USER_HEADERS =
  /^(?:accept.*|(?:proxy-)?(?:authorization|authenticate|connection)|cache-control|content-.*|cookie|date|expect|forwarded|host|idempotency-key|if-.*|keep-alive|last-event-id|origin|pragma|range|referer|sec-.*|te|trailer|transfer-encoding|upgrade.*|user-agent|via|x-forwarded-(?:for|host|port|proto)|x-real-ip)$/;

function userHeader(value: string, proxies: TrustProxy): string | undefined {
  if (value === '') return undefined;
  const name = value.toLowerCase();
  if (!/^[\w!#$%&'*+.^`|~-]{1,64}$/.test(name) || NO_USER_HEADERS.test(name))
    return fail('USER_HEADER', 'a header in which the proxy names people, such as remote-user', value);
  return proxies === 0 ? fail('USER_HEADER', 'unset unless TRUST_PROXY names the proxies in front', value) : name;
}

/** Reads the whole configuration; throws a `ConfigError` at the first value that cannot be used. */
export function readConfig(environment: Environment): Config {
  const get = valuesOf(environment);
  const databaseKind = database(get('DATABASE_URL'));
  const maxQueued = integer('MAX_QUEUED', get('MAX_QUEUED', '1000'), [1, MAX_JOBS]);
  const aQuarter = String(Math.ceil(maxQueued / 4));
  const proxies = trustProxy(get('TRUST_PROXY', 'false'));
  return Object.freeze({
    role: role(get('ROLE', 'all'), databaseKind instanceof URL && get('REDIS_URL') !== ''),
    port: integer('PORT', get('PORT', '8787'), [0, 65_535]),
    host: host(get('HOST', '127.0.0.1')),
    publicUrl: get('PUBLIC_URL') === '' ? undefined : httpUrl('PUBLIC_URL', get('PUBLIC_URL')),
    dataDir: resolve(get('DATA_DIR', './data')),
    database: databaseKind,
    imagesUrl: imagesUrl(get('IMAGES_URL')),
    redisUrl: redisUrl(get('REDIS_URL'), databaseKind),
    awsKeys: readAwsKeys(environment),
    providers: providers(get('PROVIDERS', DEFAULT_PROVIDERS)),
    secrets: secrets(environment),
    backendPolicy: backendPolicy(get),
    stuckAfterMs: duration('STUCK_AFTER', get('STUCK_AFTER', '5m')),
    stuckCheckMs: time('STUCK_CHECK', get('STUCK_CHECK', '60s')),
    takeOverAfterMs: time('TAKE_OVER_AFTER', get('TAKE_OVER_AFTER', '20s')),
    jobTtlMs: duration('JOB_TTL', get('JOB_TTL', databaseKind === 'memory' ? '24h' : 'never')),
    maxQueued,
    maxQueuedPerClient: integer('MAX_QUEUED_PER_CLIENT', get('MAX_QUEUED_PER_CLIENT', aQuarter), [1, MAX_JOBS]),
    keepMetadata: boolean('KEEP_METADATA', get('KEEP_METADATA', 'true')),
    logLevel: logLevel(get('LOG_LEVEL', 'info')),
    allowedHosts: allowedHosts(get('ALLOWED_HOSTS')),
    corsOrigins: origins(get('CORS_ORIGINS')),
    rateLimit: rateLimit(get('RATE_LIMIT')),
    trustProxy: proxies,
    identityKeys: identityKeys(get('IDENTITY_KEYS')),
    userHeader: userHeader(get('USER_HEADER'), proxies),
  });
}
