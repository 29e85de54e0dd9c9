import { parseArgs } from 'node:util';

/** What the command line asks for. */
export interface CommandOptions {
  readonly seed: number;
  /** Requests and socket messages for each database. */
  readonly messages: number;
  /** Databases to be tried, one after the other. */
  readonly stores: readonly ('sqlite' | 'postgres')[];
}

/** Reads `--seed`, `--messages` and `--store`; `newSeed` is taken where none is given. Throws an `Error` for the person who typed it. */
export function readOptions(args: readonly string[], newSeed: number): CommandOptions {
  const option = { type: 'string' } as const;
  const { values } = parseArgs({ args: [...args], options: { seed: option, messages: option, store: option } });
  const number = (name: 'seed' | 'messages', otherwise: number) => {
    const value = Number(values[name] ?? otherwise);
    if (!Number.isInteger(value) || value < 1)
      throw new Error(`--${name} must be a whole number above 0, got "${values[name]}"`);
    return value;
  };
  const { store = 'both' } = values;
  if (store !== 'both' && store !== 'sqlite' && store !== 'postgres')
    throw new Error(`--store must be sqlite, postgres or both, got "${store}"`);
  return {
    seed: number('seed', newSeed),
    messages: number('messages', 20_000),
    stores: store === 'both' ? ['sqlite', 'postgres'] : [store],
  };
}
