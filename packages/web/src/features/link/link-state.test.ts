import { LIMITS } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { loopbackHost, made, tokenIn } from './link-state.ts';

describe('[R12] a link', () => {
  it.each([
    ['http://localhost:8787/link#a.b', 'localhost:8787'],
    ['http://darkroom.localhost/link', 'darkroom.localhost'],
    ['http://127.0.0.1:8787/link', '127.0.0.1:8787'],
    ['http://127.1.2.3/link', '127.1.2.3'],
    ['http://[::1]:8787/link', '[::1]:8787'],
    ['http://192.168.1.20:8787/link', undefined],
    ['https://localhost.example/link', undefined],
    ['https://127.0.0.1.example/link', undefined],
    ['http://[fe80::1]/link', undefined],
  ])('to %s leads back to the same device: %s', (url, host) => {
    expect(loopbackHost(url)).toBe(host);
  });

  it.each([
    ['#a.b.c', 'a.b.c'],
    ['', undefined],
    ['#', undefined],
    ['#content', undefined],
  ])('with %j carries %s', (hash, token) => {
    expect(tokenIn(hash)).toBe(token);
  });

  it('holds from when it was asked for, whatever the server’s clock says', () => {
    const answer = { url: 'http://a/link#t', token: 't', expiresAt: '1999-01-01T00:00:00.000Z' };
    expect(made(answer, 5)).toEqual({ kind: 'made', url: answer.url, endsAt: 5 + LIMITS.linkTtlMs });
  });
});
