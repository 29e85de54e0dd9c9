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

/** What is shown in the place of a picture, where a job failed before there was one. */
export function placeholderOf(events: readonly ProgressEvent[]): string | undefined {
  const last = events.at(-1);
  return last?.stage === 'failed' ? last.previewUrl : undefined;
}

/** The film of a job's last attempt: every preview and picture in order. */
export function framesOf(events: readonly ProgressEvent[], job: Job): readonly Frame[] {
  const frames: Frame[] = [];
  const add = (url: string | undefined, seq: number, percent: number | undefined) => {
    if (url !== undefined && url !== frames.at(-1)?.url) frames.push({ url, seq, percent });
  };
  for (const { stage, previewUrl, resultUrls, seq, percent } of lastAttempt(events)) {
    if (stage !== 'failed') add(previewUrl, seq, percent);
    add(resultUrls?.at(-1), seq, percent);
  }
  // Where the events are not there yet, the job knows.
  const result = job.resultUrls?.at(-1);
  if (frames.every(({ url }) => url !== result)) add(result, job.lastEventSeq, 100);
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
  const url = event?.previewUrl ?? event?.resultUrls?.at(-1);
  return url === undefined ? undefined : { url, seq, percent: event?.percent };
}

/** At most `most` of the frames' indexes, evenly spread, the first and the last among them. */
export function sampleIndexes(count: number, most: number): readonly number[] {
  if (count <= most) return Array.from({ length: count }, (_, index) => index);
  return Array.from({ length: most }, (_, place) => Math.round((place * (count - 1)) / (most - 1)));
}
