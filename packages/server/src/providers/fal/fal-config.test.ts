import { describe, expect, it } from 'vitest';
import { parseFalConfig } from './fal-config.ts';
import { readUpstreamId, toUpstreamId } from './fal-wire.ts';

const parse = (text: string) => parseFalConfig(new URL(text), { FAL_KEY: 'id:secret' });

describe('parseFalConfig', () => {
  it('has defaults, and reads its options', () => {
    expect(parse('fal:fal-ai/flux/dev')).toMatchObject({
      name: 'fal',
      model: 'fal-ai/flux/dev',
      key: 'id:secret',
      concurrency: 2,
      timeoutMs: 600_000,
      baseUrl: 'https://queue.fal.run',
      schemaUrl: 'https://fal.ai',
      fixedInput: {},
    });
    expect(parse('fal:workflows/me/mine?baseUrl=http://127.0.0.1:1/&name=mine&input.sync_mode=true')).toMatchObject({
      name: 'mine',
      model: 'workflows/me/mine',
      baseUrl: 'http://127.0.0.1:1',
      schemaUrl: 'http://127.0.0.1:1',
      fixedInput: { sync_mode: true },
    });
  });

  it.each([
    ['fal:flux', 'expected fal:owner/model, as in fal:fal-ai/flux/dev, got "flux"'],
    ['fal:a/../b', 'expected fal:owner/model'],
    ['fal:https://queue.fal.run/a/b', 'expected fal:owner/model'],
    ['fal:a/b?pace=1', 'unknown option "pace"'],
    ['fal:a/b?baseUrl=file:///etc', 'baseUrl must be an http or https URL'],
  ])('refuses %s in one clear line', (url, message) => {
    expect(() => parse(url)).toThrow(message);
  });

  it('names the missing key', () => {
    expect(() => parseFalConfig(new URL('fal:a/b'), { FAL_KEY: ' ' })).toThrow(/^fal: FAL_KEY is not set/);
  });
});

describe('upstream ids', () => {
  it.each([
    ['https://queue.fal.run/fal-ai/flux/requests/r-1/status', 'fal-ai/flux:r-1'],
    ['https://queue.fal.run/workflows/me/mine/requests/r-1/status', 'workflows/me/mine:r-1'],
    ['http://proxy.example/fal/fal-ai/other/requests/r-1/status', 'fal-ai/other:r-1'],
    ['https://elsewhere.example/not/what/we/know', 'fal-ai/flux:r-1'],
    [undefined, 'fal-ai/flux:r-1'],
  ])('of status_url %s is %s', (status_url, id) => {
    const submitted = { request_id: 'r-1', ...(status_url !== undefined && { status_url }) };
    expect(toUpstreamId(submitted, 'fal-ai/flux/dev')).toBe(id);
    expect(readUpstreamId(id)).toMatchObject({ requestId: 'r-1' });
  });

  it.each(['r-1', 'a:b', 'a/b:', 'a/..:r', './b:r', 'https://evil.example/a/b:r', 'a/b:r/../../x', 'a/b/c/d:r'])(
    'refuses %s',
    (id) => {
      expect(readUpstreamId(id)).toBeUndefined();
    },
  );
});
