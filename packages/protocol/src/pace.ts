import * as z from 'zod/mini';
import type { JobOptions } from './job.ts';

/** Mean time of a backend's recent pictures of one size and number of steps, milliseconds. */
export const PicturePace = z.object({ size: z.int(), steps: z.int(), meanMs: z.number() });
export type PicturePace = z.infer<typeof PicturePace>;

/** What is known of how fast a backend works: nothing until it has made a picture. */
export interface Pace {
  /** Over all its recent pictures, milliseconds. */
  readonly meanMs?: number | undefined;
  readonly paces?: readonly PicturePace[] | undefined;
}

/** How long one picture takes a backend, milliseconds: as others of its size and steps did, else as all did in the mean. */
export function pictureMs({ meanMs, paces }: Pace, { size, steps }: JobOptions): number | undefined {
  return paces?.find((pace) => pace.size === Number(size) && pace.steps === steps)?.meanMs ?? meanMs;
}
