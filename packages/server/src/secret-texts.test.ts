import { describe, expect, it } from 'vitest';
import { createRedaction, secretsIn, shownValue, withoutPassword } from './secret-texts.ts';

const SECRET = 'hunter2-xyz';

describe('The secrets of an environment', () => {
  it.each<[string, Record<string, string>]>([
    ['a key of a hosted backend', { XAI_API_KEY: SECRET }],
    ['a token', { REPLICATE_API_TOKEN: SECRET }],
    ['a pair of fal', { FAL_KEY: SECRET }],
    ['a key of the object storage', { AWS_SECRET_ACCESS_KEY: SECRET }],
    ['a session’s token of the object storage', { AWS_SESSION_TOKEN: SECRET }],
    ['a password of PostgreSQL', { DATABASE_URL: `postgres://user:${SECRET}@host/db` }],
    ['the same in its variable', { PGPASSWORD: SECRET }],
    ['the same in an option', { DATABASE_URL: `postgres://user@host/db?password=${SECRET}` }],
    ['a password of Redis', { REDIS_URL: `redis://:${SECRET}@host` }],
    ['a password of a backend', { PROVIDERS: `sketch:, forge+http://user:${SECRET}@host:7860` }],
    ['a key of a backend', { PROVIDERS: `sketch:,openai+http://:${SECRET}@host/v1` }],
    ['an option of a backend', { PROVIDERS: `sketch:?apiKey=${SECRET}` }],
    ['a key in the place of its variable’s name', { PROVIDERS: `ai:xai/grok?keyFrom=${SECRET}` }],
    ['a proxy’s password', { HTTPS_PROXY: `http://user:${SECRET}@host` }],
    ['an identity key', { IDENTITY_KEYS: `a:${'k'.repeat(43)}, b:${SECRET}` }],
  ])('hold %s', (_what, environment) => {
    expect(secretsIn(environment)).toContain(SECRET);
    expect(createRedaction(environment)(`failed: ${SECRET}!`)).not.toContain(SECRET);
  });

  it('hold what a password is on its way: decoded, encoded, in base64, in JSON', () => {
    const password = 'p"ss/\\wört:1';
    const environment = { PROVIDERS: `forge+http://user:${encodeURIComponent(password)}@host:7860` };
    const redact = createRedaction(environment);
    const forms = [
      password,
      encodeURIComponent(password),
      JSON.stringify(password).slice(1, -1),
      Buffer.from(`user:${password}`).toString('base64'),
    ];
    for (const form of forms) expect(redact(`[${form}]`)).toBe('[…]');
  });

  it('hold nothing else, and no text so short that it is everywhere', () => {
    const environment = {
      PORT: '8787',
      DATABASE_URL: 'postgres://darkroom:abc@host/db',
      PROVIDERS: 'ai:xai/grok?keyFrom=OTHER_API_KEY,openai:?model=gpt-image-2',
      FAL_KEY: '',
      DATA_DIR: '%zz://bad:%zz@',
      USER_HEADER: 'remote-user',
    };
    expect(secretsIn(environment)).toEqual([Buffer.from('darkroom:abc').toString('base64')]);
  });

  it('go with any password that stands in an address', () => {
    const text = 'cannot open "postgres://user:abc@host:1/db" or redis://:x@host, see https://host/a:b@c';
    const gone = 'cannot open "postgres://user:…@host:1/db" or redis://:…@host, see https://host/a:b@c';
    expect(createRedaction({})(text)).toBe(gone);
  });
});

describe('A value in a message', () => {
  it.each([
    [`postgres://user:${SECRET}@host:port/db`, 'postgres://…@host:port/db'],
    [`forge+http://${SECRET}@host`, 'forge+http://…@host'],
    [`//u:${SECRET}/@${SECRET}@host`, '//…@host'],
    [`s3://bucket?secret=${SECRET}&region=x`, 's3://bucket?secret=…&region=x'],
    [`x:?api_key=${SECRET}&access-token=${SECRET}&sigPassword=${SECRET}`, 'x:?api_key=…&access-token=…&sigPassword=…'],
    ['ftp://host/folder', 'ftp://host/folder'],
  ])('%s is shown without its secrets', (value, shown) => {
    expect(withoutPassword(value)).toBe(shown);
    expect(shownValue('baseUrl', value)).toBe(shown);
  });

  it('of an option that is a secret by its name is not shown', () => {
    expect(shownValue('keyFrom', SECRET)).toBe('…');
  });
});
