import { applyEvent, isFinal, type Job, type ProgressEvent, type QueuePlace, type Snapshot } from '@darkroom/protocol';

/** What a reader holds of one job: the cursor `(epoch, seq)`, the events up to it, and the newest known job. */
export interface JobLog {
  readonly jobId: string;
  /** Which life of the log the cursor belongs to; undefined until a server told. */
  readonly epoch: string | undefined;
  /** The last event held; 0 = none. Moved by events only (rule P2). */
  readonly seq: number;
  /** `seq` of the newest event known to exist. */
  readonly head: number;
  /** Exactly the events 1…`seq`. */
  readonly events: readonly ProgressEvent[];
  /** May be ahead of `events`: a snapshot tells the job as it is now. Never goes backwards within an epoch. */
  readonly job: Job | undefined;
  readonly queue: QueuePlace | undefined;
  /** How often the log was put back to its beginning. */
  readonly generation: number;
}

/** What became of an event or snapshot: taken, known already, or not joining what is held. */
export type Taken = 'new' | 'known' | 'gap';

/** The log of a job of which nothing is known. */
export function emptyLog(jobId: string): JobLog {
  return {
    jobId,
    epoch: undefined,
    seq: 0,
    head: 0,
    events: [],
    job: undefined,
    queue: undefined,
    generation: 0,
  };
}

/** The log with a job heard of outside of its stream (an answer to a request); an older state is ignored. */
export function learnJob(log: JobLog, job: Job): JobLog {
  if (log.job !== undefined && log.job.lastEventSeq >= job.lastEventSeq) return log;
  const waits = job.status === 'queued';
  return { ...log, job, head: Math.max(log.head, job.lastEventSeq), queue: waits ? log.queue : undefined };
}

/** The log started over: what was held is of another life of it (rule P3). */
export function resetLog(log: JobLog, { job, epoch, head }: Snapshot): JobLog {
  return { ...emptyLog(log.jobId), epoch, head, job, generation: log.generation + 1 };
}

/**
 * The log with a server's snapshot. The first one is believed whatever was heard outside of the stream; one of another
 * epoch starts the log over, and if its events then do not begin with the first, that is a gap like any other.
 */
export function takeSnapshot(log: JobLog, snapshot: Snapshot): { log: JobLog; taken: Taken } {
  const { job, epoch, head } = snapshot;
  if (log.epoch === undefined) return { log: { ...log, epoch, head, job }, taken: 'new' };
  if (log.epoch !== epoch) return { log: resetLog(log, snapshot), taken: 'new' };
  const adopted = head > log.head ? { ...log, head } : log;
  const learned = learnJob(adopted, job);
  return { log: learned, taken: learned.job === log.job ? 'known' : 'new' };
}

/** The log with some events. Those held already are dropped; at one that does not follow, the rest is left out. */
export function takeEvents(log: JobLog, events: readonly ProgressEvent[]): { log: JobLog; taken: Taken } {
  const fresh: ProgressEvent[] = [];
  let { seq, job } = log;
  let gap = false;
  for (const event of events) {
    if (event.jobId !== log.jobId || event.seq <= seq) continue;
    gap = event.seq !== seq + 1;
    if (gap) break;
    fresh.push(event);
    seq = event.seq;
    if (job?.lastEventSeq === seq - 1) job = applyEvent(job, event);
  }
  const taken = gap ? 'gap' : fresh.length > 0 ? 'new' : 'known';
  if (fresh.length === 0) return { log, taken };
  const queue = job?.status === 'queued' ? log.queue : undefined;
  const head = Math.max(log.head, seq);
  return { log: { ...log, seq, head, job, queue, events: [...log.events, ...fresh] }, taken };
}

/** The log with a waiting job's place; of a job that does not wait any more it is ignored. */
export function takeQueuePlace(log: JobLog, queue: QueuePlace): JobLog {
  return log.job?.status === 'queued' ? { ...log, queue } : log;
}

/** Whether nothing more can come: the job is final and every event of it is held. */
export function isComplete({ job, seq, head }: JobLog): boolean {
  return job !== undefined && isFinal(job) && seq >= head && seq >= job.lastEventSeq;
}
