import { parseArgs } from 'node:util';

/** What the command line asks for. */
export interface CommandOptions {
  readonly seed: number;
  readonly jobs: number;
  readonly watchers: number;
  readonly minutes: number;
}

/** Reads `--seed`, `--jobs`, `--watchers` and `--minutes`; `newSeed` is taken where none is given. Throws an `Error` for the person who typed it. */
export function readOptions(args: readonly string[], newSeed: number): CommandOptions {
  const option = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { seed: option, jobs: option, watchers: option, minutes: option },
  });
  const number = (name: keyof typeof values, otherwise: number) => {
    const value = Number(values[name] ?? otherwise);
    if (!(value > 0)) throw new Error(`--${name} must be a number above 0, got "${values[name]}"`);
    return value;
  };
  return {
    seed: number('seed', newSeed),
    jobs: number('jobs', 300),
    watchers: number('watchers', 100),
    minutes: number('minutes', 4),
  };
}
