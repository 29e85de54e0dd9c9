/** Seeded chance. Everything in a picture is drawn from one of these, so the same seed gives the same picture. */
export interface Random {
  /** 0 ≤ x < 1. */
  next(): number;
  range(low: number, high: number): number;
  /** Whole number, both ends included. */
  int(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(from: readonly [T, ...T[]]): T;
  /** -1 or 1. */
  sign(): number;
  /** Near 0, rarely beyond ±1. */
  bell(): number;
  /** A source of its own, so that one part may change without moving the others. */
  fork(name: string): Random;
}

/** cyrb128 (bryc, public domain): 128 bits of any text. */
export function hashText(text: string): [number, number, number, number] {
  let a = 1779033703;
  let b = 3144134277;
  let c = 1013904242;
  let d = 2773480762;
  for (let i = 0; i < text.length; i++) {
    const k = text.charCodeAt(i);
    a = b ^ Math.imul(a ^ k, 597399067);
    b = c ^ Math.imul(b ^ k, 2869860233);
    c = d ^ Math.imul(c ^ k, 951274213);
    d = a ^ Math.imul(d ^ k, 2716044179);
  }
  a = Math.imul(c ^ (a >>> 18), 597399067);
  b = Math.imul(d ^ (b >>> 22), 2869860233);
  c = Math.imul(a ^ (c >>> 17), 951274213);
  d = Math.imul(b ^ (d >>> 19), 2716044179);
  a ^= b ^ c ^ d;
  return [a >>> 0, (b ^ a) >>> 0, (c ^ a) >>> 0, (d ^ a) >>> 0];
}

/** sfc32 (PractRand, public domain), seeded by the text's hash. */
function sfc32([a, b, c, d]: [number, number, number, number]): () => number {
  return () => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 4294967296;
  };
}

/** Chance seeded by any text. */
export function createRandom(seed: string): Random {
  const next = sfc32(hashText(seed));
  for (let i = 0; i < 12; i++) next();
  const range = (low: number, high: number) => low + (high - low) * next();
  return {
    next,
    range,
    int: (low, high) => Math.floor(range(low, high + 1)),
    chance: (probability) => next() < probability,
    pick: (from) => from[Math.floor(next() * from.length)] ?? from[0],
    sign: () => (next() < 0.5 ? -1 : 1),
    bell: () => (next() + next() + next() - 1.5) / 1.5,
    fork: (name) => createRandom(`${seed}/${name}`),
  };
}
