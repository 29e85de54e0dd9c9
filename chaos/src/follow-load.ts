import type { Load } from './load/load.ts';

export interface FollowOptions {
  readonly load: Load;
  /** So long nothing may move. Time in which this machine stood still does not count. */
  readonly patienceMs: number;
  readonly tell: (news: string) => void;
  /** Nothing has moved for that long. */
  readonly onStandstill: () => void;
}

const NEWS_MS = 5_000;
/** A timer this late means that the machine was too busy for anything. */
const LATE_MS = 3_000;

/** How far it is, in one line. */
function progressOf({ planned, acknowledged, ended, watching, sightings }: Load): string {
  return `${acknowledged.length} of ${planned} jobs made, ${ended.length} ended; ${watching} watching, ${sightings.length} have seen an end`;
}

/** Tells every few seconds how far the load is, and notices when it comes to no end. Returns its undo. */
export function followLoad({ load, patienceMs, tell, onStandstill }: FollowOptions): () => void {
  let lookedAt = performance.now();
  let moved = '';
  let looksInVain = 0;
  const look = () => {
    const lateMs = performance.now() - lookedAt - NEWS_MS;
    lookedAt = performance.now();
    if (lateMs > LATE_MS) tell(`this machine stood still for ${Math.round(lateMs / 1_000)} s`);
    const progress = progressOf(load);
    tell(progress);
    looksInVain = progress === moved ? looksInVain + 1 : 0;
    moved = progress;
    if (looksInVain * NEWS_MS >= patienceMs) onStandstill();
  };
  const timer = setInterval(look, NEWS_MS);
  return () => {
    clearInterval(timer);
    tell(progressOf(load));
  };
}
