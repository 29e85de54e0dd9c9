import { describe, expect, it } from 'vitest';
import { HostPolicy, hostName } from './host-policy.ts';

describe('hostName', () => {
  it.each([
    ['localhost', 'localhost'],
    ['LocalHost:8787', 'localhost'],
    ['127.0.0.1:80', '127.0.0.1'],
    ['[::1]', '[::1]'],
    ['[FE80::1]:65535', '[fe80::1]'],
    ['[::ffff:127.0.0.1]:8787', '[::ffff:127.0.0.1]'],
    ['my_service-1.internal:0', 'my_service-1.internal'],
    ['evil.test', 'evil.test'],
    ['a', 'a'],
  ])('%s is the host %s', (host, name) => {
    expect(hostName(host)).toBe(name);
  });

  it.each([
    '',
    ' ',
    ':8787',
    'localhost:',
    'localhost:65536',
    'localhost:123456',
    'localhost:-1',
    'localhost:80:80',
    'localhost:8x',
    'localhost.',
    '.localhost',
    'user@localhost',
    'user:pass@localhost:80',
    'localhost/path',
    'localhost,evil.test',
    'evil.test\tlocalhost',
    'http://localhost',
    '::1',
    '[::1',
    '[]',
    '[localhost]',
    '[1.2.3.4]',
    '[::1%25eth0]',
    '[::1]x',
    'münchen.example',
    '%6cocalhost',
    `${'a'.repeat(254)}`,
  ])('%j is malformed', (host) => {
    expect(hostName(host)).toBeUndefined();
  });
});

describe('HostPolicy', () => {
  const policy = new HostPolicy(['nas', 'gateway_1', '*.example.org'], new URL('https://Darkroom.example:8443/x'));

  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '[::1]',
    '[2001:db8::1]',
    'localhost',
    'darkroom.localhost',
    'darkroom.example',
    'nas',
    'gateway_1',
    'a.example.org',
    'a.b.example.org',
  ])('allows %s', (name) => {
    expect(policy.allows(name)).toBe(true);
  });

  it.each([
    'evil.test',
    'nas.evil.test',
    'evilnas',
    'example.org',
    'evilexample.org',
    'a.example.org.evil.test',
    'sub.darkroom.example',
    'localhost.evil.test',
    'notlocalhost',
    '127.0.0.1.evil.test',
    // Browsers make an address of these before they send them.
    '127.1',
    '2130706433',
    '0x7f000001',
    '1.2.3.256',
    '*',
  ])('does not allow %s', (name) => {
    expect(policy.allows(name)).toBe(false);
  });

  it('allows every name with *', () => {
    expect(new HostPolicy(['*'], undefined).allows('evil.test')).toBe(true);
  });

  it('allows an IPv6 address as the host of PUBLIC_URL, like any other', () => {
    expect(new HostPolicy([], new URL('http://[2001:db8::1]:8787')).allows('[2001:db8::1]')).toBe(true);
  });
});
