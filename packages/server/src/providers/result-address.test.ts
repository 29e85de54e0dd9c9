import { describe, expect, it } from 'vitest';
import { type Hop, nextHop } from './result-address.ts';

const own = (href: string): Hop => ({ url: new URL(href), isOwn: true });
const foreign = (href: string): Hop => ({ url: new URL(href), isOwn: false });
const SECURE = own('https://backend.example/v1/');
const PLAIN = own('http://127.0.0.1:8188/v1/');

describe('nextHop', () => {
  it.each([
    ['an own address', SECURE, 'https://backend.example/image.png', own('https://backend.example/image.png')],
    ['an own path', SECURE, '/image.png', own('https://backend.example/image.png')],
    ['a path of an own plain one', PLAIN, 'image.png', own('http://127.0.0.1:8188/v1/image.png')],
    ['another host', SECURE, 'https://cdn.example/image.png', foreign('https://cdn.example/image.png')],
    ['another host from a plain one', PLAIN, 'http://cdn.example/a.png', foreign('http://cdn.example/a.png')],
    ['a safer protocol', PLAIN, 'https://127.0.0.1:8188/a.png', foreign('https://127.0.0.1:8188/a.png')],
    ['another port of the own host', PLAIN, 'http://127.0.0.1:6379/', foreign('http://127.0.0.1:6379/')],
    ['a way back', foreign('http://cdn.example/'), 'http://127.0.0.1:8188/', foreign('http://127.0.0.1:8188/')],
  ])('follows %s', (_what, from, address, expected) => {
    const hop = nextHop(from, address);
    expect([hop?.url.href, hop?.isOwn]).toEqual([expected.url.href, expected.isOwn]);
  });

  it.each([
    ['https to http', SECURE, 'http://backend.example/image.png'],
    ['https to http, elsewhere', foreign('https://cdn.example/'), 'http://other.example/image.png'],
    ['files', PLAIN, 'file:///etc/passwd'],
    ['ftp', PLAIN, 'ftp://backend.example/image.png'],
    ['data', PLAIN, 'data:image/png;base64,AAAA'],
    ['credentials', SECURE, 'https://user:password@cdn.example/image.png'],
    ['no URL', SECURE, 'https://'],
  ])('does not follow %s', (_what, from, address) => {
    expect(nextHop(from, address)).toBeUndefined();
  });
});
