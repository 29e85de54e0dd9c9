import { describe, expect, it } from 'vitest';
import { Gate } from './gate.ts';

describe('Gate', () => {
  it('lets so many through at once, the others in order of arrival, whether the work ends well or not', async () => {
    const gate = new Gate(2);
    const begun: number[] = [];
    const ends = Array.from({ length: 5 }, () => Promise.withResolvers<number>());
    const all = ends.map(({ promise }, index) =>
      gate.pass(() => {
        begun.push(index);
        return promise;
      }),
    );
    const settled = Promise.allSettled(all);
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    await turn();
    expect(begun).toEqual([0, 1]);
    ends[1]?.reject(new Error('it failed'));
    await turn();
    expect(begun).toEqual([0, 1, 2]);
    ends[0]?.resolve(0);
    ends[2]?.resolve(2);
    await turn();
    expect(begun).toEqual([0, 1, 2, 3, 4]);
    ends[3]?.resolve(3);
    ends[4]?.resolve(4);
    expect((await settled).map(({ status }) => status === 'fulfilled')).toEqual([true, false, true, true, true]);
    expect(await gate.pass(async () => 'free again')).toBe('free again');
  });
});
