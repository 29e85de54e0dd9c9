import { applyEvent, type Job, type JobStatus, type ProgressEvent, type Snapshot } from '@darkroom/protocol';

/** A job's log as a test server keeps it. */
export class TestJob {
  readonly id: string;
  epoch = 'e1';
  events: ProgressEvent[] = [];
  job: Job;

  constructor(id = 'AAAAAAAAAAAAAAAAAAAAAA') {
    this.id = id;
    this.job = this.#blank();
    this.append('queued');
  }

  /** The job with none of its events. */
  #blank(): Job {
    const at = '2026-01-01T00:00:00.000Z';
    const counts = { attempt: 1, maxAttempts: 3, lastEventSeq: 0 };
    return { id: this.id, status: 'queued', prompt: 'a cat', createdAt: at, updatedAt: at, ...counts };
  }

  get head(): number {
    return this.events.length;
  }

  snapshot(): Snapshot {
    return { job: this.job, epoch: this.epoch, head: this.head };
  }

  /** Appends an event and returns it. */
  append(stage: JobStatus, extra: Partial<ProgressEvent> = {}): ProgressEvent {
    const seq = this.head + 1;
    const event = {
      id: `${this.id}.${seq}`,
      jobId: this.id,
      seq,
      ts: new Date(1_767_225_600_000 + seq).toISOString(),
      stage,
      ...extra,
    };
    this.events.push(event);
    this.job = applyEvent(this.job, event);
    return event;
  }

  /** Appends `count` steps of a run. */
  steps(count: number): ProgressEvent[] {
    return Array.from({ length: count }, (_, index) => this.append('running', { percent: Math.min(99, index) }));
  }

  /** Another life of the log: restored from a backup with only `keep` events. */
  restore(epoch: string, keep: number): void {
    const kept = this.events.slice(0, keep);
    this.epoch = epoch;
    this.events = [];
    this.job = this.#blank();
    for (const { stage, percent } of kept) this.append(stage, percent === undefined ? {} : { percent });
  }
}
