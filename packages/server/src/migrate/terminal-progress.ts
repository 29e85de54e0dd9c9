import type { Clock } from '../clock.ts';
import type { Kind, Progress } from './progress.ts';
import { stageLine } from './stage-line.ts';

/** What is needed of a terminal, or of whatever the output goes to. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const REDRAW_MS = 200;
/** Where nothing can be drawn over, a line is written now and then. */
const LINE_MS = 15_000;
const DEFAULT_COLUMNS = 80;
const CLEAR = '\r\u001b[K';

interface Running {
  readonly name: string;
  readonly counts: Map<Kind, { done: number; readonly total: number }>;
  readonly begunAt: number;
  bytes: number;
}

/** Tells a person how far the work is: a line for each stage, drawn anew while it runs where the output is a terminal. */
export class TerminalProgress implements Progress {
  readonly #output: Output;
  readonly #clock: Pick<Clock, 'now'>;
  #stage: Running | undefined;
  #drawnAt = 0;

  constructor(output: Output, clock: Pick<Clock, 'now'>) {
    this.#output = output;
    this.#clock = clock;
  }

  begin(name: string, totals: Parameters<Progress['begin']>[1]): void {
    this.end();
    const counts = Object.entries(totals).map(([kind, total]) => [kind as Kind, { done: 0, total }] as const);
    this.#stage = { name, counts: new Map(counts), begunAt: this.#clock.now(), bytes: 0 };
    this.#drawnAt = this.#clock.now();
  }

  /** Draws by itself when it is time: work that never waits leaves a timer no turn. */
  add(kind: Kind, count: number, bytes = 0): void {
    const counted = this.#stage?.counts.get(kind);
    if (this.#stage === undefined || counted === undefined) return;
    counted.done += count;
    this.#stage.bytes += bytes;
    const isTTY = this.#output.isTTY === true;
    if (this.#clock.now() - this.#drawnAt >= (isTTY ? REDRAW_MS : LINE_MS)) this.#draw(this.#stage, isTTY ? '' : '\n');
  }

  /** The stage's last line stays. Idempotent. */
  end(): void {
    if (this.#stage !== undefined) this.#draw(this.#stage, '\n');
    this.#stage = undefined;
  }

  #draw({ name, counts, begunAt, bytes }: Running, end: string): void {
    this.#drawnAt = this.#clock.now();
    const stage = { name, counts, bytes, elapsedMs: this.#drawnAt - begunAt };
    const { isTTY, columns = DEFAULT_COLUMNS } = this.#output;
    if (isTTY !== true) this.#output.write(`${stageLine(stage)}${end}`);
    // One that would wrap could not be drawn over; the last one may.
    else this.#output.write(`${CLEAR}${stageLine(stage, end === '' ? columns - 1 : undefined)}${end}`);
  }
}
