import { describe, expect, it } from 'vitest';
import { Gate, type GateOptions } from './gate.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Work that begins when the gate lets it, is named when it does, and ends on command. */
function setUp(options: GateOptions) {
  const gate = new Gate(options);
  const begun: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<string>>();
  const enter = (name: string, client?: string, signal?: AbortSignal) => {
    const end = Promise.withResolvers<string>();
    ends.set(name, end);
    const work = async () => {
      begun.push(name);
      return await end.promise;
    };
    return gate.pass(work, { client, signal });
  };
  const end = async (name: string) => {
    ends.get(name)?.resolve(name);
    await turn();
  };
  return { gate, begun, ends, enter, end };
}

describe('Gate', () => {
  it('lets so many through at once, the others in order of arrival, whether the work ends well or not', async () => {
    const { gate, begun, ends, enter, end } = setUp({ slots: 2 });
    const all = Promise.allSettled(['1', '2', '3', '4', '5'].map((name) => enter(name)));
    await turn();
    expect(begun).toEqual(['1', '2']);
    ends.get('2')?.reject(new Error('it failed'));
    await turn();
    expect(begun).toEqual(['1', '2', '3']);
    await end('1');
    await end('3');
    expect(begun).toEqual(['1', '2', '3', '4', '5']);
    await end('4');
    await end('5');
    expect((await all).map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
    expect(await gate.pass(async () => 'free again')).toBe('free again');
  });

  it('lets clients take turns, however many entries each of them has', async () => {
    const { begun, enter, end } = setUp({ slots: 1 });
    const all = [
      ...['a1', 'a2', 'a3', 'a4'].map((name) => enter(name, 'a')),
      ...['b1', 'b2'].map((name) => enter(name, 'b')),
      enter('c1', 'c'),
    ];
    await turn();
    for (const name of ['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4']) {
      expect(begun.at(-1)).toBe(name);
      await end(name);
    }
    await Promise.all(all);
    expect(begun).toHaveLength(7);
  });

  it('keeps a slot from a client that has as many as one may have', async () => {
    const { begun, enter, end } = setUp({ slots: 2, slotsPerClient: 1 });
    const all = [...['a1', 'a2', 'a3'].map((name) => enter(name, 'a')), enter('b1', 'b'), enter('b2', 'b')];
    await turn();
    expect(begun).toEqual(['a1', 'b1']);
    await end('a1');
    expect(begun).toEqual(['a1', 'b1', 'a2']);
    await end('a2');
    expect(begun).toEqual(['a1', 'b1', 'a2', 'a3']);
    await end('b1');
    expect(begun).toEqual(['a1', 'b1', 'a2', 'a3', 'b2']);
    for (const name of ['a3', 'b2']) await end(name);
    await Promise.all(all);
  });

  it('drops an entry that is no longer wanted, and gives its turn to the next', async () => {
    const { begun, enter, end } = setUp({ slots: 1 });
    const stop = new AbortController();
    const first = enter('a1', 'a');
    const dropped = enter('a2', 'a', stop.signal);
    const alone = enter('b1', 'b', stop.signal);
    const last = enter('a3', 'a');
    stop.abort(new Error('gone'));
    await expect(dropped).rejects.toThrow('gone');
    await expect(alone).rejects.toThrow('gone');
    await expect(enter('a4', 'a', stop.signal)).rejects.toThrow('gone');
    await end('a1');
    expect(begun).toEqual(['a1', 'a3']);
    await end('a3');
    expect(await Promise.all([first, last])).toEqual(['a1', 'a3']);
  });

  it('leaves work alone that has begun when its entry is no longer wanted', async () => {
    const { enter, end } = setUp({ slots: 1 });
    const stop = new AbortController();
    const waits = enter('a1', 'a');
    const runs = enter('a2', 'a', stop.signal);
    await end('a1');
    stop.abort(new Error('gone'));
    await end('a2');
    expect(await Promise.all([waits, runs])).toEqual(['a1', 'a2']);
  });
});
