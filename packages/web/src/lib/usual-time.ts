import { type JobOptions, type Pace, pictureMs } from '@darkroom/protocol';

/** How long a job with these options usually takes a backend, all its pictures together; undefined where that is not known. */
export function usualMs(pace: Pace, options: JobOptions = {}): number | undefined {
  const one = pictureMs(pace, options);
  return one === undefined ? undefined : one * (options.count ?? 1);
}
