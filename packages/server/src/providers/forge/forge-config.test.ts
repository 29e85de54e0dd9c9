import { describe, expect, it } from 'vitest';
import { parseForgeConfig } from './forge-config.ts';

describe('parseForgeConfig', () => {
  it('has defaults, and reads address, credentials and options', () => {
    const plain = parseForgeConfig(new URL('forge+http://127.0.0.1:7860'));
    expect(plain).toMatchObject({ name: 'forge', concurrency: 1, timeoutMs: 180_000, authorization: undefined });
    expect(plain.base.href).toBe('http://127.0.0.1:7860/');
    const full = parseForgeConfig(new URL('forge+https://ann:s%20t@gpu.lan/sd?name=big&timeoutMs=600000'));
    expect(full).toMatchObject({ name: 'big', timeoutMs: 600_000, authorization: `Basic ${btoa('ann:s t')}` });
    expect(full.base.href).toBe('https://gpu.lan/sd');
  });

  it.each([
    ['forge+http://127.0.0.1:7860?concurrency=2', 'concurrency must be 1, got "2"'],
    ['forge+http://127.0.0.1:7860?timeoutMs=1', 'timeoutMs must be a whole number of milliseconds'],
    ['forge+http://127.0.0.1:7860?at=a%20b', 'at must be 1 to 40 letters'],
    ['forge+http://127.0.0.1:7860?pollMs=1', 'unknown option "pollMs"; it knows name, concurrency, timeoutMs, at'],
    ['forge+ftp://127.0.0.1:7860', 'expected forge+http://host:port'],
  ])('refuses %s in one clear line', (url, message) => {
    expect(() => parseForgeConfig(new URL(url))).toThrow(message);
  });
});
