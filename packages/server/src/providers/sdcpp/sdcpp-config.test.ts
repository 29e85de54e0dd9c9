import { describe, expect, it } from 'vitest';
import { parseSdcppConfig } from './sdcpp-config.ts';

describe('parseSdcppConfig', () => {
  it('has defaults, and reads address and options', () => {
    const plain = parseSdcppConfig(new URL('sdcpp+http://127.0.0.1:1234'));
    expect(plain).toMatchObject({ name: 'sdcpp', concurrency: 1, timeoutMs: 600_000, preview: 'proj' });
    expect(plain.base.href).toBe('http://127.0.0.1:1234/');
    const full = parseSdcppConfig(new URL('sdcpp+https://ann:secret@gpu.lan?preview=tae&concurrency=3'));
    expect(full).toMatchObject({ preview: 'tae', concurrency: 3, authorization: `Basic ${btoa('ann:secret')}` });
  });

  it.each([
    ['sdcpp+http://127.0.0.1:1234?preview=full', 'preview must be one of proj, tae, vae, none, got "full"'],
    ['sdcpp+http://127.0.0.1:1234?model=x', 'unknown option "model"'],
    ['sdcpp+ws://127.0.0.1:1234', 'expected sdcpp+http://host:port'],
  ])('refuses %s in one clear line', (url, message) => {
    expect(() => parseSdcppConfig(new URL(url))).toThrow(message);
  });
});
