import type { CreateJobInput } from '@darkroom/client';
import type { TransportMode } from '@darkroom/protocol';
import type { Random } from '../../../packages/server/src/testing/random.ts';

/** A job that somebody asks for. */
export interface PlannedJob {
  /** Nobody else asks for the same words: by them, the backends' journals are read. */
  readonly prompt: string;
  readonly options: NonNullable<CreateJobInput['options']>;
  /** Milliseconds after the beginning. */
  readonly atMs: number;
  /** So long after it was made somebody stops it. */
  readonly cancelAfterMs: number | undefined;
}

/** How a watcher reads: always in the same way, or now so, now so. */
export type WatcherKind = TransportMode | 'wandering';
export const WATCHER_KINDS: readonly WatcherKind[] = ['ws', 'sse', 'poll', 'wandering'];

const CANCELLED = 0.06;
const SEVERAL = 0.2;

/** Who is asked, and how often: a backend of which the work can be gone on with, one of which it cannot, the painter, anybody. */
const PROVIDERS = ['comfyui', 'comfyui', 'forge', 'forge', 'sketch', undefined, undefined] as const;

/**
 * What is asked for, spread over `durationMs`; the same for the same chance. The prompts name nothing that can be drawn: such
 * pictures are painted in a fifth of the time.
 */
export function planJobs(random: Random, count: number, durationMs: number): readonly PlannedJob[] {
  return Array.from({ length: count }, (_, index) => {
    const provider = random.pick(PROVIDERS);
    return {
      prompt: `job ${index}`,
      options: {
        steps: 6 + random.below(10),
        ...(random.next() < SEVERAL && { count: 2 }),
        ...(provider !== undefined && { provider }),
      },
      atMs: Math.round(((index + random.next()) * durationMs) / count),
      cancelAfterMs: random.next() < CANCELLED ? random.below(4_000) : undefined,
    };
  });
}
