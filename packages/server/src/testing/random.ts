/** Chance that can be repeated (mulberry32): a failing test names its seed. */
export function createRandom(seed: number) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    next,
    /** A whole number from 0 to `max - 1`. */
    below: (max: number) => Math.floor(next() * max),
    pick: <T>(items: readonly [T, ...T[]]): T => items[Math.floor(next() * items.length)] ?? items[0],
    shuffle: <T>(items: readonly T[]): T[] => {
      const left = [...items];
      const out: T[] = [];
      while (left.length > 0) out.push(...left.splice(Math.floor(next() * left.length), 1));
      return out;
    },
  };
}

export type Random = ReturnType<typeof createRandom>;
