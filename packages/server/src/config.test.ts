import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Config, ConfigError, readConfig } from './config.ts';

const DAY_MS = 86_400_000;

describe('readConfig', () => {
  it('has a default for everything', () => {
    expect(readConfig({})).toEqual({
      role: 'all',
      port: 8787,
      host: '127.0.0.1',
      publicUrl: undefined,
      dataDir: resolve('data'),
      database: 'file',
      imagesUrl: undefined,
      awsKeys: undefined,
      providers: [new URL('sketch:?stepMs=300')],
      secrets: {},
      backendPolicy: {
        retryDelaysMs: [1_000, 2_000, 4_000],
        maxRetryAfterMs: 60_000,
        breakerFailures: 5,
        breakerOpenMs: 60_000,
      },
      stuckAfterMs: 300_000,
      stuckCheckMs: 60_000,
      takeOverAfterMs: 20_000,
      jobTtlMs: undefined,
      maxQueued: 1_000,
      maxQueuedPerClient: 250,
      keepMetadata: true,
      logLevel: 'info',
      allowedHosts: [],
      corsOrigins: [],
      rateLimit: undefined,
      trustProxy: 0,
      userHeader: undefined,
    });
  });

  it.each<[string, string, Partial<Config>]>([
    ['PORT', '0', { port: 0 }],
    ['PORT', '65535', { port: 65_535 }],
    ['PORT', ' 80 ', { port: 80 }],
    ['PORT', '', { port: 8787 }],
    ['HOST', '::1', { host: '::1' }],
    ['HOST', '0.0.0.0', { host: '0.0.0.0' }],
    ['HOST', 'my-host.local', { host: 'my-host.local' }],
    ['PUBLIC_URL', 'https://a.example/x', { publicUrl: new URL('https://a.example/x') }],
    ['DATA_DIR', '/var/lib/darkroom', { dataDir: '/var/lib/darkroom' }],
    ['DATABASE_URL', 'memory:', { database: 'memory', jobTtlMs: DAY_MS }],
    ['DATABASE_URL', 'postgres://u:p@db:5433/darkroom', { database: new URL('postgres://u:p@db:5433/darkroom') }],
    ['PROVIDERS', 'sketch:, sketch:?stepMs=0', { providers: [new URL('sketch:'), new URL('sketch:?stepMs=0')] }],
    ['OPENAI_API_KEY', 'sk-1', { secrets: { OPENAI_API_KEY: 'sk-1' } }],
    ['XAI_API_KEY', 'sk-2', { secrets: { XAI_API_KEY: 'sk-2' } }],
    ['REPLICATE_API_TOKEN', 'r8', { secrets: { REPLICATE_API_TOKEN: 'r8' } }],
    ['FAL_KEY', 'a:b', { secrets: { FAL_KEY: 'a:b' } }],
    ['FAL_KEY', '', {}],
    ['AWS_SECRET_ACCESS_KEY', 'x', {}],
    ['IMAGES_URL', 's3://a?region=b', { imagesUrl: new URL('s3://a?region=b') }],
    ['IMAGES_URL', '', {}],
    ['RETRY_DELAYS', '5ms, 1m', { backendPolicy: { ...readConfig({}).backendPolicy, retryDelaysMs: [5, 60_000] } }],
    ['RETRY_DELAYS', 'never', { backendPolicy: { ...readConfig({}).backendPolicy, retryDelaysMs: [] } }],
    ['BREAKER_FAILURES', '2', { backendPolicy: { ...readConfig({}).backendPolicy, breakerFailures: 2 } }],
    ['BREAKER_OPEN', '10s', { backendPolicy: { ...readConfig({}).backendPolicy, breakerOpenMs: 10_000 } }],
    ['STUCK_AFTER', '10m', { stuckAfterMs: 600_000 }],
    ['STUCK_AFTER', 'never', { stuckAfterMs: undefined }],
    ['STUCK_CHECK', '5s', { stuckCheckMs: 5_000 }],
    ['TAKE_OVER_AFTER', '1m', { takeOverAfterMs: 60_000 }],
    ['JOB_TTL', '90s', { jobTtlMs: 90_000 }],
    ['JOB_TTL', '30m', { jobTtlMs: 1_800_000 }],
    ['JOB_TTL', '24h', { jobTtlMs: DAY_MS }],
    ['JOB_TTL', '7d', { jobTtlMs: 7 * DAY_MS }],
    ['JOB_TTL', 'never', { jobTtlMs: undefined }],
    ['JOB_TTL', '0', { jobTtlMs: undefined }],
    ['MAX_QUEUED', '1', { maxQueued: 1, maxQueuedPerClient: 1 }],
    ['MAX_QUEUED', '10', { maxQueued: 10, maxQueuedPerClient: 3 }],
    ['MAX_QUEUED_PER_CLIENT', '7', { maxQueuedPerClient: 7 }],
    ['KEEP_METADATA', 'false', { keepMetadata: false }],
    ['LOG_LEVEL', 'silent', { logLevel: 'silent' }],
    ['ALLOWED_HOSTS', '*', { allowedHosts: ['*'] }],
    ['ALLOWED_HOSTS', 'nas, NAS.local,gateway_1', { allowedHosts: ['nas', 'nas.local', 'gateway_1'] }],
    ['ALLOWED_HOSTS', '*.Example.org', { allowedHosts: ['*.example.org'] }],
    ['CORS_ORIGINS', '*', { corsOrigins: ['*'] }],
    ['CORS_ORIGINS', 'https://a.example/, http://b:81', { corsOrigins: ['https://a.example', 'http://b:81'] }],
    ['RATE_LIMIT', '60/minute', { rateLimit: { max: 60, windowMs: 60_000 } }],
    ['RATE_LIMIT', '5/second', { rateLimit: { max: 5, windowMs: 1_000 } }],
    ['RATE_LIMIT', '9/hour', { rateLimit: { max: 9, windowMs: 3_600_000 } }],
    ['TRUST_PROXY', 'false', { trustProxy: 0 }],
    ['TRUST_PROXY', 'true', { trustProxy: 1 }],
    ['TRUST_PROXY', '2', { trustProxy: 2 }],
    ['TRUST_PROXY', '10.0.0.1', { trustProxy: ['10.0.0.1'] }],
    [
      'TRUST_PROXY',
      'loopback, 10.0.0.0/8,fd00::/8 , ::1',
      { trustProxy: ['loopback', '10.0.0.0/8', 'fd00::/8', '::1'] },
    ],
    ['USER_HEADER', '', {}],
    ['ROLE', 'all', {}],
    ['REDIS_URL', '', {}],
  ])('%s=%j is taken', (name, value, expected) => {
    expect(readConfig({ [name]: value })).toEqual({ ...readConfig({}), ...expected });
  });

  it('JOB_TTL wins over the default of a server in memory', () => {
    expect(readConfig({ DATABASE_URL: 'memory:', JOB_TTL: 'never' }).jobTtlMs).toBeUndefined();
  });

  it.each([
    ['PORT', '65536', 'a whole number from 0 to 65535'],
    ['PORT', '-1', 'a whole number from 0 to 65535'],
    ['PORT', '80.5', 'a whole number from 0 to 65535'],
    ['PORT', '0x50', 'a whole number from 0 to 65535'],
    ['PORT', 'http', 'a whole number from 0 to 65535'],
    ['HOST', 'a b', 'an IP address or a host name'],
    ['HOST', 'http://a', 'an IP address or a host name'],
    ['PUBLIC_URL', 'darkroom.example', 'an http:// or https:// address'],
    ['PUBLIC_URL', 'ftp://a', 'an http:// or https:// address'],
    [
      'DATABASE_URL',
      'mysql://a',
      'unset (a file in DATA_DIR), "memory:" or postgres://user:password@host:port/database',
    ],
    [
      'DATABASE_URL',
      'postgres://a',
      'unset (a file in DATA_DIR), "memory:" or postgres://user:password@host:port/database',
    ],
    ['PROVIDERS', 'sketch', 'a comma-separated list of URLs such as sketch:?stepMs=300'],
    ['JOB_TTL', '24', 'a time such as 30m, 24h or 7d, or "never"'],
    ['JOB_TTL', '0h', 'a time such as 30m, 24h or 7d, or "never"'],
    ['JOB_TTL', '1w', 'a time such as 30m, 24h or 7d, or "never"'],
    ['BREAKER_FAILURES', '0', 'a whole number from 1 to 1000000'],
    ['BREAKER_OPEN', 'never', 'a time such as 500ms, 30s or 5m'],
    ['STUCK_CHECK', '0', 'a time such as 500ms, 30s or 5m'],
    ['TAKE_OVER_AFTER', 'never', 'a time such as 500ms, 30s or 5m'],
    ['MAX_QUEUED', '0', 'a whole number from 1 to 10000000'],
    ['MAX_QUEUED_PER_CLIENT', '0', 'a whole number from 1 to 10000000'],
    ['KEEP_METADATA', 'no', 'true or false'],
    ['LOG_LEVEL', 'loud', 'one of fatal, error, warn, info, debug, trace, silent'],
    ...['nas:8787', 'http://nas', 'nas.local.', 'a b', '*.', '**', '*nas', 'a.*.example', 'münchen.example'].map(
      (value): [string, string, string] => [
        'ALLOWED_HOSTS',
        value,
        'host names without scheme and port, such as nas.local or *.example.org',
      ],
    ),
    ['CORS_ORIGINS', 'a.example', 'an http:// or https:// address'],
    ['RATE_LIMIT', '60', 'a number per second, minute or hour, such as 60/minute'],
    ['RATE_LIMIT', '0/minute', 'a number per second, minute or hour, such as 60/minute'],
    ['RATE_LIMIT', '60/day', 'a number per second, minute or hour, such as 60/minute'],
    ['TRUST_PROXY', '0', 'a whole number from 1 to 16'],
    ['TRUST_PROXY', '17', 'a whole number from 1 to 16'],
    ['ROLE', 'worker', '"all" unless DATABASE_URL is postgres://… and REDIS_URL is set'],
    ['ROLE', 'boss', 'one of all, gateway, worker'],
    ['REDIS_URL', 'http://a', 'an address such as redis://host:6379'],
  ])('%s=%j stops the start: name, expectation and value in one line', (name, value, expected) => {
    const read = () => readConfig({ [name]: value });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(`${name} must be ${expected}; got "${value}"`);
  });

  it.each([
    ...['yes', '-1', '1.5', '*', 'proxy.example', '[::1]', '10.0.0.1,', '10.0.0.1 10.0.0.2'],
    ...['10.0.0/8', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.0/0', '::/0', 'fd00::/129'],
  ])('TRUST_PROXY=%s stops the start', (value) => {
    const expected = 'true, false, a number of proxies, or a comma-separated list of addresses and networks';
    expect(() => readConfig({ TRUST_PROXY: value })).toThrow(`TRUST_PROXY must be ${expected}; got "${value}"`);
  });

  it.each(['remote-user', 'X-Forwarded-User', 'Tailscale-User-Login', 'cf-access-authenticated-user-email'])(
    'USER_HEADER=%s is taken behind a trusted proxy, and only there',
    (value) => {
      for (const proxies of ['true', '2', '10.0.0.1'])
        expect(readConfig({ USER_HEADER: value, TRUST_PROXY: proxies }).userHeader).toBe(value.toLowerCase());
      const read = () => readConfig({ USER_HEADER: value });
      expect(read).toThrow(ConfigError);
      expect(read).toThrow(`USER_HEADER must be unset unless TRUST_PROXY names the proxies in front; got "${value}"`);
    },
  );

  it.each([
    'remote user',
    'remote-user:',
    'kullanıcı',
    'a'.repeat(65),
    'Cookie',
    'authorization',
    'HOST',
    'x-forwarded-for',
    'origin',
  ])('USER_HEADER=%s names nobody, and stops the start', (value) => {
    const read = () => readConfig({ USER_HEADER: value, TRUST_PROXY: 'true' });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(
      `USER_HEADER must be a header in which the proxy names people, such as remote-user; got "${value}"`,
    );
  });

  it('takes the keys of an object storage as the AWS SDK does', () => {
    const keys = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };
    expect(readConfig(keys).awsKeys).toEqual({ accessKeyId: 'id', secretAccessKey: 'secret' });
    expect(readConfig({ ...keys, AWS_SESSION_TOKEN: 'token' }).awsKeys).toMatchObject({ sessionToken: 'token' });
  });

  it('IMAGES_URL that is no address is not repeated', () => {
    const read = () => readConfig({ IMAGES_URL: 'hunter2' });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow('IMAGES_URL must be s3://bucket?option=value or file:///folder');
    expect(read).not.toThrow('hunter2');
  });

  it.each([
    ['REDIS_URL', {}],
    ['REDIS_URL', { DATABASE_URL: 'memory:' }],
    ['DATABASE_URL', {}],
  ])('a password in %s is not repeated', (name, others) => {
    const scheme = 'DATABASE_URL' in others ? 'redis' : 'http';
    for (const rest of ['user:hunter2@host/0', 'u:hunter2/x@host/0', 'host/0?password=hunter2']) {
      const read = () => readConfig({ ...others, [name]: `${scheme}://${rest}` });
      expect(read).toThrow(name);
      expect(read).not.toThrow('hunter2');
    }
  });

  it.each(['PUBLIC_URL', 'CORS_ORIGINS', 'HOST', 'PROVIDERS', 'PORT', 'JOB_TTL', 'RATE_LIMIT', 'LOG_LEVEL', 'ROLE'])(
    'a password in an address that %s cannot use is not repeated',
    (name) => {
      const read = () => readConfig({ [name]: 'ftp://user:hunter2@ho st/?token=hunter2' });
      expect(read).toThrow(name);
      expect(read).not.toThrow('hunter2');
    },
  );

  it('IDENTITY_KEYS are read, and never repeated', () => {
    const [key, other] = ['k'.repeat(43), 'o'.repeat(64)];
    expect(readConfig({}).identityKeys).toBeUndefined();
    expect(readConfig({ IDENTITY_KEYS: `b:${key},a:${other}` }).identityKeys).toEqual([
      { id: 'b', key },
      { id: 'a', key: other },
    ]);
    for (const value of [key, `a:${key}x!`, `a:hunter2`, `a:${key},a:${other}`]) {
      const read = () => readConfig({ IDENTITY_KEYS: value });
      expect(read).toThrow(/^IDENTITY_KEYS: /);
      expect(read).not.toThrow(/hunter2|kkk|ooo/);
    }
  });

  it('is frozen', () => {
    expect(Object.isFrozen(readConfig({}))).toBe(true);
  });
});
