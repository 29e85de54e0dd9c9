/** The value in the middle; of an even number the upper one. */
export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** The smallest value that at least `percent` of a hundred are not above. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((percent / 100) * sorted.length))] ?? Number.NaN;
}

/** One figure: what Darkroom reached, round by round, and its yardstick in the same rounds. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  readonly darkroom: readonly number[];
  readonly yardstick?: readonly number[];
}

/** The median over the rounds of darkroom ÷ yardstick: noise that both saw cancels out. */
export function ratioOf({ darkroom, yardstick }: Figure): number | undefined {
  if (yardstick === undefined) return undefined;
  return median(darkroom.map((value, round) => value / (yardstick[round] ?? Number.NaN)));
}

/** Runs both contenders in turn, `rounds` times, the first to go changing each time. */
export async function interleave<T>(rounds: number, darkroom: () => Promise<T>, yardstick: () => Promise<T>) {
  const results: { darkroom: T[]; yardstick: T[] } = { darkroom: [], yardstick: [] };
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 1) results.yardstick.push(await yardstick());
    results.darkroom.push(await darkroom());
    if (round % 2 === 0) results.yardstick.push(await yardstick());
  }
  return results;
}
