import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { LIMITS } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { AnonymousIdentities } from '../identities/anonymous/anonymous-identities.ts';
import { newIdentityKey } from '../identity-keys/identity-keys.ts';
import type { Client } from '../jobs/client.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { ClientAddresses } from './client-address.ts';
import { ClientLimits, type LimitedAction } from './client-limits.ts';

const ADA: Client = { owner: 'ada', address: '203.0.113.7', isLocal: false };

function start() {
  const clock = new FakeClock();
  const identities = new AnonymousIdentities([newIdentityKey()]);
  const options = { addresses: new ClientAddresses(1), identities, clock, maxQueuedPerClient: 10 };
  const limits = new ClientLimits(options);
  /** A request through the proxy. */
  const requestFrom = (address: string, cookie?: string) => {
    const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: '192.0.2.1' });
    const request = new IncomingMessage(socket);
    request.headers['x-forwarded-for'] = address;
    if (cookie !== undefined) request.headers.cookie = cookie;
    return request;
  };
  const ask = (action: LimitedAction, raw: IncomingMessage): Error | undefined => {
    let refusal: Error | undefined;
    limits.rate(action)({ raw }, undefined, (error) => {
      refusal = error;
    });
    return refusal;
  };
  return { clock, limits, identities, requestFrom, ask };
}

const attempt = (act: () => () => void) => {
  try {
    return act();
  } catch {
    return undefined;
  }
};

describe('[R13] What a client holds', () => {
  it('is counted by its identity and by its address, each kind of thing apart', () => {
    const { limits } = start();
    for (let count = 0; count < LIMITS.pollsPerClient; count++) limits.hold('polls', ADA);
    const others: Client[] = [
      { ...ADA, owner: 'bob' },
      { ...ADA, address: '203.0.113.8' },
      { ...ADA, owner: undefined },
    ];
    for (const client of others) expect(() => limits.hold('polls', client)).toThrow('at most 100 waiting polls');
    limits.hold('connections', ADA);
    limits.hold('polls', { ...ADA, isLocal: true });
    limits.hold('polls', { owner: 'bob', address: '203.0.113.8', isLocal: false });
  });

  it('is released once, however often release is called', () => {
    const { limits } = start();
    const releases = Array.from({ length: LIMITS.pollsPerClient }, () => limits.hold('polls', ADA));
    for (let count = 0; count < 3; count++) releases[0]?.();
    const next = attempt(() => limits.hold('polls', ADA));
    expect(next).toBeDefined();
    expect(attempt(() => limits.hold('polls', ADA))).toBeUndefined();
  });

  it('of subscriptions is summed over its sockets', () => {
    const { limits } = start();
    const [one, two] = [{ subscriptions: LIMITS.subscriptionsPerClient - 1 }, { subscriptions: 0 }];
    const leave = limits.joinSocket(ADA, one);
    limits.joinSocket({ ...ADA, owner: 'bob' }, two);
    expect(limits.canSubscribe(ADA)).toBe(true);
    two.subscriptions = 1;
    expect([limits.canSubscribe(ADA), limits.canSubscribe({ ...ADA, owner: undefined })]).toEqual([false, false]);
    expect(limits.canSubscribe({ owner: 'bob', address: undefined, isLocal: false })).toBe(true);
    leave();
    expect(limits.canSubscribe(ADA)).toBe(true);
  });
});

describe('[R13] What a client does', () => {
  it('is counted by the minute, by its identity and by its address', () => {
    const { clock, identities, requestFrom, ask } = start();
    const cookie = identities.issue(false).cookie.split(';')[0] ?? '';
    for (let count = 0; count < LIMITS.linksPerMinute; count++)
      expect(ask('links', requestFrom(`203.0.113.${count}`, cookie))).toBeUndefined();
    expect(ask('links', requestFrom('203.0.113.99', cookie))?.message).toContain('at most 20 links a minute');
    expect(ask('links', requestFrom('203.0.113.99'))).toBeUndefined();
    expect(ask('changes', requestFrom('203.0.113.99', cookie))).toBeUndefined();
    clock.advance(60_000);
    expect(ask('links', requestFrom('203.0.113.99', cookie))).toBeUndefined();
  });

  it('a refused one takes nothing from what is left', () => {
    const { clock, requestFrom, ask } = start();
    const act = () => ask('links', requestFrom('203.0.113.7')) === undefined;
    for (let count = 0; count < LIMITS.linksPerMinute; count++) expect(act()).toBe(true);
    for (let count = 0; count < 100; count++) expect(act()).toBe(false);
    clock.advance(3_000);
    expect([act(), act()]).toEqual([true, false]);
  });

  it('is remembered of those who did something last, however many clients there are', () => {
    const { requestFrom, ask } = start();
    const act = (address: string) => ask('links', requestFrom(address)) === undefined;
    for (let count = 0; count < LIMITS.linksPerMinute; count++) act('203.0.113.7');
    for (let count = 0; count < 60_000; count++) {
      act(`10.${count >> 16}.${(count >> 8) & 255}.${count & 255}`);
      if (count % 10_000 === 0) expect(act('203.0.113.7')).toBe(false);
    }
    expect(act('203.0.113.7')).toBe(false);
  });
});
