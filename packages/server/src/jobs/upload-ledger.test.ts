import { describe, expect, it } from 'vitest';
import type { Client } from './client.ts';
import { isUploadLimitError, UploadLedger } from './upload-ledger.ts';

const DAY_MS = 86_400_000;
const LIMITS = { maxCount: 3, maxBytes: 100, isMemory: false };

const client = (fields: Partial<Client> = {}): Client => ({
  owner: 'ada',
  address: '203.0.113.7',
  isLocal: false,
  ...fields,
});

/** A ledger that names its uploads; `add` answers whether one is taken. */
function start(limits: Partial<typeof LIMITS> = {}) {
  const ledger = new UploadLedger({ ...LIMITS, ...limits });
  let count = 0;
  const add = (who: Client, bytes = 1, now = 0): string | undefined => {
    const id = `upload-${++count}`;
    try {
      ledger.add(who, id, { bytes, until: now + DAY_MS }, now);
      return id;
    } catch (thrown) {
      if (!isUploadLimitError(thrown)) throw thrown;
      return undefined;
    }
  };
  return { ledger, add };
}

describe('[R13] The uploads of one client', () => {
  it.each([
    ['by its identity, whatever its addresses', (index: number) => client({ address: `203.0.113.${index}` })],
    ['by its address, whatever its identities', (index: number) => client({ owner: `owner-${index}` })],
    ['without an identity', () => client({ owner: undefined })],
    ['whom the proxy names', () => client({ address: undefined })],
  ])('are at most so many %s', (_what, who) => {
    const { add } = start();
    const taken = Array.from({ length: 5 }, (_none, index) => add(who(index)) !== undefined);
    expect(taken).toEqual([true, true, true, false, false]);
    expect(add(client({ owner: 'bob', address: '198.51.100.1' }))).toBeDefined();
  });

  it('are at most so many bytes, and say when the first of them expires', () => {
    const { ledger, add } = start();
    expect([add(client(), 60), add(client(), 41, 1_000), add(client(), 40, 2_000)]).toEqual([
      'upload-1',
      undefined,
      'upload-3',
    ]);
    expect(() => ledger.check(client(), 1, 3_000)).toThrow(
      expect.toSatisfy((thrown) => isUploadLimitError(thrown) && thrown.retryAfterMs === DAY_MS - 3_000),
    );
    expect(() => ledger.check(client(), 0, 3_000)).not.toThrow();
  });

  it('make room when they expire, and when one is not kept after all', () => {
    const { ledger, add } = start();
    const ids = [add(client(), 50), add(client(), 50, 1)];
    expect(add(client(), 1, DAY_MS - 1)).toBeUndefined();
    expect(add(client(), 50, DAY_MS)).toBeDefined();
    expect(add(client(), 1, DAY_MS)).toBeUndefined();
    ledger.remove(ids[1] ?? '');
    expect(add(client(), 50, DAY_MS)).toBeDefined();
    ledger.expire(3 * DAY_MS);
    for (let count = 0; count < 3; count++) expect(add(client(), 1, 3 * DAY_MS)).toBeDefined();
  });

  it('have no limit on this machine', () => {
    const { add } = start();
    for (let count = 0; count < 10; count++) expect(add(client({ isLocal: true }), 100)).toBeDefined();
  });

  it('in memory have one on this machine, too: for each identity, and for all without one', () => {
    const { add } = start({ isMemory: true });
    const local = (owner: string | undefined) => client({ owner, address: '127.0.0.1', isLocal: true });
    expect([add(local('ada'), 100), add(local('ada'), 1)]).toEqual(['upload-1', undefined]);
    expect(add(local('bob'), 100)).toBeDefined();
    expect([add(local(undefined), 100), add(local(undefined), 1)]).toEqual(['upload-4', undefined]);
  });
});
