import { describe, expect, it } from 'vitest';
import { parseAiConfig } from './ai-config.ts';
import { AI_SERVICES } from './ai-services.ts';

const SECRETS = { LUMA_API_KEY: 'luma-key', FIREWORKS_API_KEY: 'fw-key', OTHER_API_KEY: 'other' };
const parse = (url: string) => parseAiConfig(new URL(url), SECRETS);

describe('parseAiConfig', () => {
  it('reads a service and its model, whose name may hold slashes', () => {
    expect(parse('ai:luma/photon-1')).toMatchObject({ model: 'photon-1', key: 'luma-key', baseUrl: undefined });
    expect(parse('ai:luma/photon-1')).toMatchObject({ name: 'ai', concurrency: 4, timeoutMs: 300_000 });
    expect(parse('ai:fireworks/accounts/fireworks/models/flux-1-schnell-fp8').model).toBe(
      'accounts/fireworks/models/flux-1-schnell-fp8',
    );
  });

  it('reads its options, and those of the service', () => {
    const config = parse(
      'ai:luma/photon-1?concurrency=2&name=luma&keyFrom=OTHER_API_KEY&input.a=1&input.b=text&input.c=[true]',
    );
    expect(config).toMatchObject({ concurrency: 2, name: 'luma', key: 'other' });
    expect(config.serviceOptions).toEqual({ a: 1, b: 'text', c: [true] });
    const own = parse('ai:openai-compatible/sd?baseUrl=http://gpu:8080/v1');
    expect([own.baseUrl, own.key]).toEqual(['http://gpu:8080/v1', undefined]);
  });

  it.each([
    ['ai:luma', 'expected "ai:SERVICE/MODEL", got "ai:luma"'],
    ['ai://luma/photon-1', 'expected "ai:SERVICE/MODEL"'],
    ['ai:nobody/model', 'unknown service "nobody"; it knows google, xai, black-forest-labs, luma, fireworks, gateway'],
    ['ai:google/gemini-2.5-flash-image', 'the environment variable GOOGLE_GENERATIVE_AI_API_KEY is not set'],
    ['ai:luma/photon-1?keyFrom=MISSING_API_KEY', 'the environment variable MISSING_API_KEY is not set'],
    ['ai:luma/photon-1?keyFrom=sk-123', 'keyFrom must be the name of an environment variable that ends in _API_KEY'],
    ['ai:luma/photon-1?baseUrl=luma', 'baseUrl must be an http or https URL'],
    ['ai:luma/photon-1?quality=high', 'unknown option "quality"'],
    ['ai:openai-compatible/sd', 'openai-compatible needs the option baseUrl'],
  ])('refuses %s in one clear line', (url, message) => {
    expect(() => parse(url)).toThrow(message);
  });

  it.each([...AI_SERVICES])('%s can be loaded', async (_, service) => {
    const access = { apiKey: 'key', baseUrl: 'http://127.0.0.1:1/v1', fetch: globalThis.fetch };
    expect(await service.load('a-model', access)).toMatchObject({ modelId: 'a-model' });
  });
});
