import type { JobStatus, ProgressEvent } from '@darkroom/protocol';

const ORDER: readonly JobStatus[] = ['queued', 'running', 'uploading', 'completed'];

/** How far a stage of a job is; `failed` and `cancelled` mark the stage in which that happened. */
export type StageProgress = 'done' | 'current' | 'waiting' | 'failed' | 'cancelled';

export interface StageView {
  readonly stage: JobStatus;
  readonly progress: StageProgress;
  /** When the last attempt reached it, ISO 8601. */
  readonly reachedAt: string | undefined;
}

function progressOf(place: number, reached: number, status: JobStatus): StageProgress {
  if (place > reached) return 'waiting';
  if (place < reached || status === 'completed') return 'done';
  return status === 'failed' || status === 'cancelled' ? status : 'current';
}

/** The stages of a job's last attempt, as the stepper shows them. */
export function stagesOf(events: readonly ProgressEvent[], status: JobStatus): readonly StageView[] {
  const times = new Map<JobStatus, string>();
  for (const { stage, ts } of events) {
    if (stage === 'queued') times.clear();
    if (!times.has(stage)) times.set(stage, ts);
  }
  const known = ORDER.findLastIndex((stage) => times.has(stage));
  const told = ORDER.indexOf(status);
  const reached = Math.max(known, told, 0);
  return ORDER.map((stage, place) => ({
    stage,
    progress: progressOf(place, reached, status),
    reachedAt: place <= reached ? times.get(stage) : undefined,
  }));
}
