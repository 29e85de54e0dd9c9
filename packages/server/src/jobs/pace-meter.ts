import type { PicturePace } from '@darkroom/protocol';

/** Weight of the newest picture in a mean. */
const LEARNING_RATE = 0.2;
/** Sizes and steps that are remembered, those made longest ago forgotten first. */
const MOST_PACES = 16;

const learnt = (mean: number | undefined, ms: number) => (mean === undefined ? ms : mean + LEARNING_RATE * (ms - mean));

/** Measures how long a backend's pictures take: all, and those of each size and number of steps. */
export class PaceMeter {
  #meanMs: number | undefined;
  readonly #paces = new Map<string, PicturePace>();

  /** Over all, milliseconds; undefined until there is one. */
  get meanMs(): number | undefined {
    return this.#meanMs;
  }

  /** By size and steps, the newest last. */
  get paces(): readonly PicturePace[] {
    return [...this.#paces.values()];
  }

  /** A picture took `ms` of work; what it waited at its backend is none. */
  learn({ size, steps }: Pick<PicturePace, 'size' | 'steps'>, ms: number): void {
    this.#meanMs = learnt(this.#meanMs, ms);
    const key = `${size} ${steps}`;
    const known = this.#paces.get(key);
    this.#paces.delete(key);
    this.#paces.set(key, { size, steps, meanMs: learnt(known?.meanMs, ms) });
    const [oldest] = this.#paces.keys();
    if (this.#paces.size > MOST_PACES && oldest !== undefined) this.#paces.delete(oldest);
  }
}
