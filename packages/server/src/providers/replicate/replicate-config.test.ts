import { describe, expect, it } from 'vitest';
import { parseReplicateConfig } from './replicate-config.ts';
import { cancelAfter, outputAddresses } from './replicate-wire.ts';

const secrets = { REPLICATE_API_TOKEN: 'r8_secret' };
const VERSION = 'a'.repeat(64);
const parse = (text: string) => parseReplicateConfig(new URL(text), secrets);

describe('parseReplicateConfig', () => {
  it('has defaults, and reads its options', () => {
    expect(parse('replicate:black-forest-labs/flux-dev')).toMatchObject({
      name: 'replicate',
      owner: 'black-forest-labs',
      model: 'flux-dev',
      version: undefined,
      concurrency: 4,
      timeoutMs: 600_000,
      token: 'r8_secret',
      fixedInput: {},
    });
    const full = parse(
      `replicate:stability-ai/sdxl:${VERSION}?name=sdxl&concurrency=8&baseUrl=http://127.0.0.1:1/v1&input.refine=none`,
    );
    expect(full).toMatchObject({ name: 'sdxl', version: VERSION, concurrency: 8, fixedInput: { refine: 'none' } });
    expect(full.baseUrl.href).toBe('http://127.0.0.1:1/v1');
  });

  it.each([
    ['replicate:flux-dev', 'expected replicate:owner/name or replicate:owner/name:version, got "flux-dev"'],
    ['replicate:a/b/c', 'expected replicate:owner/name'],
    ['replicate:a/b:newest', 'expected replicate:owner/name'],
    ['replicate:a/b?pace=1', 'unknown option "pace"; it knows name, concurrency, timeoutMs, at, baseUrl'],
    ['replicate:a/b?baseUrl=ftp://x', 'baseUrl must be an http or https URL, got "ftp://x"'],
    ['replicate:a/b?baseUrl=http://user:pw@x', 'baseUrl must be'],
    ['replicate:a/b?input.x=1&input.x=2', '"input.x" is given twice'],
  ])('refuses %s in one clear line', (url, message) => {
    expect(() => parse(url)).toThrow(message);
  });

  it('names the missing key', () => {
    expect(() => parseReplicateConfig(new URL('replicate:a/b'), {})).toThrow(
      /^replicate: REPLICATE_API_TOKEN is not set/,
    );
  });
});

describe('the words on the wire', () => {
  it.each([
    [600_000, '10m'],
    [3_723_000, '1h2m3s'],
    [1_000, '5s'],
  ])('Cancel-After of %i ms is %s', (ms, text) => {
    expect(cancelAfter(ms)).toBe(text);
  });

  it('finds the addresses in any output', () => {
    expect(
      outputAddresses({ images: ['https://a/1', { url: 'data:image/png;base64,' }], seed: 3, words: 'no' }),
    ).toEqual(['https://a/1', 'data:image/png;base64,']);
    expect(outputAddresses(null)).toEqual([]);
  });
});
