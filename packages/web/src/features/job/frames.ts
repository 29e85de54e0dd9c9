import type { Job, ProgressEvent } from '@darkroom/protocol';

/** One picture of a job's film. */
export interface Frame {
  readonly url: string;
  /** The event it came with. */
  readonly seq: number;
  readonly percent: number | undefined;
}

/** The events of the attempt under way or last ended. */
function lastAttempt(events: readonly ProgressEvent[]): readonly ProgressEvent[] {
  const start = events.findLastIndex((event) => event.stage === 'queued');
  return start <= 0 ? events : events.slice(start);
}

/** The film of a job's last attempt: every preview in order, then the picture itself. */
export function framesOf(events: readonly ProgressEvent[], job: Job): readonly Frame[] {
  const frames: Frame[] = [];
  for (const { previewUrl, seq, percent } of lastAttempt(events)) {
    if (previewUrl !== undefined && previewUrl !== frames.at(-1)?.url) frames.push({ url: previewUrl, seq, percent });
  }
  const result = job.resultUrls?.[0];
  if (result !== undefined) frames.push({ url: result, seq: job.lastEventSeq, percent: 100 });
  return frames;
}

/** The picture that came with event `seq`, also of an earlier attempt. */
export function frameAt(
  events: readonly ProgressEvent[],
  frames: readonly Frame[],
  seq: number | undefined,
): Frame | undefined {
  if (seq === undefined) return undefined;
  const known = frames.find((frame) => frame.seq === seq);
  if (known !== undefined) return known;
  const event = events[seq - 1];
  const url = event?.previewUrl ?? event?.resultUrls?.[0];
  return url === undefined ? undefined : { url, seq, percent: event?.percent };
}

/** At most `most` of the frames' indexes, evenly spread, the first and the last among them. */
export function sampleIndexes(count: number, most: number): readonly number[] {
  if (count <= most) return Array.from({ length: count }, (_, index) => index);
  return Array.from({ length: most }, (_, place) => Math.round((place * (count - 1)) / (most - 1)));
}
