import { bytes, count, duration, roughly } from './figures.ts';
import type { Kind } from './progress.ts';

/** How far a part of the work is. */
export interface Stage {
  readonly name: string;
  readonly counts: ReadonlyMap<Kind, { readonly done: number; readonly total: number }>;
  readonly bytes: number;
  readonly elapsedMs: number;
}

const NAME_WIDTH = 10;
/** Before that, a guess at the time that is left is worth nothing. */
const GUESS_MS = 3_000;

/** The share that is done of the kind that is furthest behind. */
function shareOf({ counts }: Stage): number {
  const shares = [...counts.values()].map(({ done, total }) => (total === 0 ? 1 : done / total));
  return Math.min(1, ...shares);
}

function paceOf({ counts, bytes: size, elapsedMs }: Stage): readonly string[] {
  if (elapsedMs < 1) return [];
  const perSecond = 1_000 / elapsedMs;
  if (size > 0) return [bytes(size), `${bytes(size * perSecond)}/s`];
  const rows = [...counts.values()].reduce((sum, { done }) => sum + done, 0);
  return [`${count(rows * perSecond)}/s`];
}

/** A stage in one line: what is done of how much, how fast, and how long it takes, or took. What does not fit is left out. */
export function stageLine(stage: Stage, columns = Number.POSITIVE_INFINITY): string {
  const share = shareOf(stage);
  const counts = [...stage.counts]
    .filter(([, { total }]) => total > 0)
    .map(([kind, { done, total }]) => `${kind} ${done === total ? '' : `${count(done)}/`}${count(total)}`);
  const isKnown = share > 0 && stage.elapsedMs >= GUESS_MS;
  const left = isKnown ? [`${roughly((stage.elapsedMs * (1 - share)) / share)} left`] : [];
  const parts = [...counts, ...paceOf(stage), ...(share === 1 ? [duration(stage.elapsedMs)] : left)];
  let line = stage.name.padEnd(NAME_WIDTH);
  for (const [index, part] of parts.entries()) {
    const longer = `${line} ${index === 0 ? '' : '· '}${part}`;
    if (longer.length > columns) break;
    line = longer;
  }
  return line;
}
