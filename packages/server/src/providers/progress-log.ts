/** How far a model is, by what it prints. */
export interface LoggedProgress {
  /** 0–100. */
  readonly percent: number;
  readonly step: number;
  readonly steps: number;
}

/** A line of tqdm: ` 76%|███▌   | 19/25 [00:03<00:01, 5.2it/s]`; lines with a title before it are of something else (loading). */
const BAR = /^\s*(\d+)%\s*\|.*?\|\s*(\d+)\/(\d+)/;

/** The newest progress bar in a log; undefined if there is none. The pattern is that of `replicate`'s `parseProgressFromLogs`. */
export function readProgress(log: string): LoggedProgress | undefined {
  for (const line of log.split(/[\r\n]+/).toReversed()) {
    const [, percent, step, steps] = BAR.exec(line) ?? [];
    if (percent !== undefined) return { percent: Number(percent), step: Number(step), steps: Number(steps) };
  }
  return undefined;
}
