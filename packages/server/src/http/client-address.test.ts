import { describe, expect, it } from 'vitest';
import { readConfig } from '../config.ts';
import { ClientAddresses } from './client-address.ts';

const PROXY = '10.0.0.1';
const CLIENT = '203.0.113.7';

const behind = (proxies: string) => new ClientAddresses(readConfig({ TRUST_PROXY: proxies }).trustProxy);

/** A request from a peer, with this `X-Forwarded-For`. */
const from = (remoteAddress: string | undefined, forwarded?: string, headers: Record<string, string> = {}) => ({
  headers: { ...(forwarded !== undefined && { 'x-forwarded-for': forwarded }), ...headers },
  socket: { remoteAddress },
});

describe('The address under which limits count a client', () => {
  it.each([
    ['false', PROXY, 'a', PROXY],
    ['false', PROXY, '1.1.1.1, 2.2.2.2', PROXY],
    ['true', PROXY, CLIENT, CLIENT],
    ['true', PROXY, `1.1.1.1, 2.2.2.2,${CLIENT}`, CLIENT],
    ['true', PROXY, `${PROXY}, 127.0.0.1, ${CLIENT}`, CLIENT],
    ['1', PROXY, `1.1.1.1, ${CLIENT}`, CLIENT],
    ['2', PROXY, `1.1.1.1, ${CLIENT}, 10.0.0.2`, CLIENT],
    ['3', PROXY, `1.1.1.1, ${CLIENT}, 10.0.0.3, 10.0.0.2`, CLIENT],
    ['10.0.0.0/8', PROXY, `1.1.1.1, ${CLIENT}, 10.0.0.2`, CLIENT],
    ['10.0.0.1, fd00::/8', PROXY, `1.1.1.1, ${CLIENT}, fd00::2`, CLIENT],
    ['10.0.0.1', '::ffff:10.0.0.1', `1.1.1.1, ${CLIENT}`, CLIENT],
    ['uniquelocal', PROXY, `1.1.1.1, ${CLIENT}`, CLIENT],
    ['loopback', '::1', `1.1.1.1, ${CLIENT}`, CLIENT],
    ['loopback', PROXY, `1.1.1.1, ${CLIENT}`, PROXY],
    ['10.0.0.1', '10.0.0.2', CLIENT, '10.0.0.2'],
    ['10.0.0.0/31', '10.0.0.2', CLIENT, '10.0.0.2'],
  ])('TRUST_PROXY=%s, from %s, with X-Forwarded-For %j, is %s', (proxies, peer, forwarded, expected) => {
    expect(behind(proxies).limitKey(from(peer, forwarded))).toBe(expected);
  });

  it.each([
    [`${CLIENT}:4711`, CLIENT],
    ['[2001:db8:1:2:3::4]:443', '2001:db8:1:2::'],
    ['[2001:db8:1:2:3::4]', '2001:db8:1:2::'],
    ['2001:db8:1:2:3::4', '2001:db8:1:2::'],
    ['2001:DB8:1:2::9%eth0', '2001:db8:1:2::'],
    ['::ffff:203.0.113.7', CLIENT],
    ['::ffff:cb00:7107', CLIENT],
    ['unknown', PROXY],
    ['_hidden', PROXY],
    ['', PROXY],
    [' , ', PROXY],
    ['127.1', PROXY],
    ['0x7f000001', PROXY],
    ['2130706433', PROXY],
    ['999.1.1.1', PROXY],
    ['203.0.113.7:port', PROXY],
    ['[203.0.113.7', PROXY],
    ['[::1', PROXY],
    ['for=203.0.113.7', PROXY],
    ['<script>', PROXY],
    ['203.0.113.7\u0000', PROXY],
    ['x'.repeat(10_000), PROXY],
  ])('an entry %j of the proxy counts as %s', (entry, expected) => {
    for (const proxies of ['true', PROXY]) {
      expect(behind(proxies).limitKey(from(PROXY, entry))).toBe(expected);
      expect(behind(proxies).limitKey(from(PROXY, `1.1.1.1, ${entry}`))).toBe(expected);
    }
  });

  it('is the same whatever a client writes before it', () => {
    const garbage = [
      '',
      ',',
      ', ,',
      'unknown',
      '1.1.1.1',
      PROXY,
      '[::1]:1',
      'é',
      Array(1_000).fill('1.1.1.1').join(','),
    ];
    for (const proxies of ['true', PROXY, '10.0.0.0/8'])
      for (const before of garbage) expect(behind(proxies).limitKey(from(PROXY, `${before},${CLIENT}`))).toBe(CLIENT);
  });

  it('is nearer than the first trusted proxy that names no address', () => {
    expect(behind('3').limitKey(from(PROXY, `1.1.1.1, unknown, ${CLIENT}`))).toBe(CLIENT);
  });

  it('is one for a whole /64 network of IPv6, which one host may use', () => {
    const keyOf = (peer: string) => behind('false').limitKey(from(peer));
    expect(keyOf('2001:db8:1:2::1')).toBe(keyOf('2001:db8:1:2:ffff:ffff:ffff:ffff'));
    expect(keyOf('2001:db8:1:2::1')).not.toBe(keyOf('2001:db8:1:3::1'));
  });

  it('has a name even when the peer has none any more', () => {
    expect(behind('true').limitKey(from(undefined, CLIENT))).toBe('unknown');
  });
});

describe('A client on this machine', () => {
  it.each(['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'])('%s is one', (peer) => {
    for (const proxies of ['false', 'true']) expect(behind(proxies).isLocal(from(peer))).toBe(true);
  });

  it.each([PROXY, '::ffff:10.0.0.1', 'fe80::1%lo', '2001:db8::1', undefined])('%s is none', (peer) => {
    expect(behind('false').isLocal(from(peer))).toBe(false);
  });

  it.each(['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'forwarded', 'via'])(
    'is none behind a proxy that sends %s, trusted or not',
    (header) => {
      for (const proxies of ['false', 'true', 'loopback'])
        expect(behind(proxies).isLocal(from('127.0.0.1', undefined, { [header]: '127.0.0.1' }))).toBe(false);
    },
  );
});

describe('https', () => {
  it('is what the trusted proxy next to the server says, in the last entry', () => {
    const said = (proxies: string, proto: string) =>
      behind(proxies).isHttps(from(PROXY, CLIENT, { 'x-forwarded-proto': proto }));
    expect([said('true', 'https'), said('true', 'http, https'), said(PROXY, 'https')]).toEqual([true, true, true]);
    expect([said('true', 'https, http'), said('true', ''), said('false', 'https'), said('10.0.0.2', 'https')]).toEqual(
      Array(4).fill(false),
    );
    expect(behind('true').isHttps(from(PROXY))).toBe(false);
  });
});
