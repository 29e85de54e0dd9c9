import { describe, expect, it } from 'vitest';
import { parseOpenaiConfig } from './openai-config.ts';

const SECRETS = { OPENAI_API_KEY: 'sk-tests', LOCALAI_API_KEY: 'local', EMPTY_API_KEY: '' };
const parse = (url: string, secrets = SECRETS) => parseOpenaiConfig(new URL(url), secrets);

describe('parseOpenaiConfig', () => {
  it('reads a model of OpenAI’s service, with previews by default', () => {
    const config = parse('openai:gpt-image-2');
    expect(config).toMatchObject({ model: 'gpt-image-2', key: 'sk-tests', isHosted: true, partialImages: 2 });
    expect(config).toMatchObject({ name: 'openai', concurrency: 4, timeoutMs: 600_000, stallMs: 120_000 });
    expect(config.base.href).toBe('https://api.openai.com/v1');
  });

  it('reads its options', () => {
    const url =
      'openai:gpt-image-1.5?quality=low&partialImages=0&moderation=low&format=webp&concurrency=2&name=pictures';
    expect(parse(url)).toMatchObject({ quality: 'low', partialImages: 0, moderation: 'low', format: 'webp' });
    expect(parse(url)).toMatchObject({ concurrency: 2, name: 'pictures', timeoutMs: 180_000 });
    expect(parse('openai:gpt-image-2?organization=org-1&project=proj_1')).toMatchObject({
      organization: 'org-1',
      project: 'proj_1',
    });
    expect(parse('openai:gpt-image-2?quality=high').stallMs).toBe(300_000);
    expect(parse('openai:gpt-image-2?timeoutMs=90000').timeoutMs).toBe(90_000);
    expect(parse('openai:gpt-image-2?baseUrl=https://proxy.example/openai/v1').base.href).toBe(
      'https://proxy.example/openai/v1',
    );
  });

  it('reads a server of one’s own, one picture at a time and without a stream unless asked', () => {
    const config = parse('openai+http://gpu:1234/v1?model=flux&seed=seed&steps=num_inference_steps');
    expect(config.base.href).toBe('http://gpu:1234/v1');
    expect(config).toMatchObject({
      isHosted: false,
      model: 'flux',
      concurrency: 1,
      partialImages: 0,
      quality: undefined,
    });
    expect(config.extraFields).toEqual({
      seed: 'seed',
      steps: 'num_inference_steps',
      negativePrompt: undefined,
      cfg: undefined,
    });
    expect(parse('openai+https://gpu').base.href).toBe('https://gpu/v1');
  });

  it('gives another host only the key that the URL says', () => {
    expect(parse('openai+http://gpu/v1').key).toBeUndefined();
    const withPassword = parse('openai+https://:p%40ss@gpu/v1');
    expect([withPassword.key, withPassword.base.href]).toEqual(['p@ss', 'https://gpu/v1']);
    expect(parse('openai+https://token@gpu/v1').key).toBe('token');
    expect(parse('openai+https://gpu/v1?keyFrom=LOCALAI_API_KEY').key).toBe('local');
    expect(parse('openai+https://gpu/v1?keyFrom=OPENAI_API_KEY').key).toBe('sk-tests');
  });

  it.each([
    ['openai:', 'expected a model, as in "openai:gpt-image-2", got "openai:"'],
    ['openai://gpt-image-2', 'expected a model'],
    ['openai:gpt-image-2?quality=best', 'quality must be one of auto, low, medium, high, xhigh, max, got "best"'],
    ['openai:gpt-image-2?partialImages=4', 'partialImages must be a whole number from 0 to 3, got "4"'],
    ['openai:gpt-image-2?baseUrl=ftp://x', 'baseUrl must be an http or https URL'],
    ['openai+http://gpu/v1?keyFrom=sk-1', 'keyFrom must be the name of an environment variable that ends in _API_KEY'],
    ['openai:gpt-image-2?seed=seed', 'unknown option "seed"'],
    ['openai+http://gpu/v1?keyFrom=MISSING_API_KEY', 'the environment variable MISSING_API_KEY is not set'],
    ['openai+http://gpu/v1?keyFrom=EMPTY_API_KEY', 'the environment variable EMPTY_API_KEY is not set'],
    ['openai+http://gpu/v1?seed=a b', 'seed must be the name of the server’s field'],
    ['forge+http://gpu', 'expected "openai:MODEL" or "openai+http://host:port/v1", got "forge+http:"'],
  ])('refuses %s in one clear line', (url, message) => {
    expect(() => parse(url)).toThrow(message);
  });

  it('names the variable of a missing key', () => {
    expect(() => parseOpenaiConfig(new URL('openai:gpt-image-2'), {})).toThrow(
      'openai: the environment variable OPENAI_API_KEY is not set',
    );
  });
});
