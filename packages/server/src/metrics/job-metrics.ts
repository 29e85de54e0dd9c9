import { Counter, Histogram, type Registry } from 'prom-client';
import type { Backend } from '../jobs/backend.ts';
import type { Written } from '../jobs/job-log.ts';
import type { Queue } from '../queue.ts';
import { registerRead } from './figures.ts';

/** What one change of a job adds to. */
export type JobCount =
  | { readonly what: 'made' }
  | { readonly what: 'ended'; readonly status: string; readonly code: string }
  | { readonly what: 'retry' | 'failover'; readonly backend: string };

const isOver = ({ status }: Written['after']) =>
  status === 'completed' || status === 'failed' || status === 'cancelled';

/** What to count of a change; undefined: nothing. */
export function countOf({ change, before, after }: Written): JobCount | undefined {
  if (change === undefined) return { what: 'made' };
  const backend = before.provider ?? '';
  if (change.type === 'repeat') return { what: 'retry', backend };
  if (change.type === 'failover') return { what: 'failover', backend };
  if (isOver(before) || !isOver(after)) return undefined;
  return { what: 'ended', status: after.status, code: after.status === 'failed' ? (after.error?.code ?? '') : '' };
}

const SECONDS = [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600];
const BREAKER_STATES = ['closed', 'half-open', 'open'];

/** Metrics of jobs and of the backends of this process. */
export class JobMetrics {
  readonly #registry: Registry;
  readonly #made: Counter;
  readonly #ended: Counter;
  readonly #retries: Counter;
  readonly #failovers: Counter;
  readonly #pictureSeconds: Histogram;

  constructor(registry: Registry) {
    this.#registry = registry;
    const counter = (name: string, help: string, labelNames: readonly string[] = []) =>
      new Counter({ name: `darkroom_${name}`, help, labelNames, registers: [registry] });
    this.#made = counter('jobs_made_total', 'Jobs made here.');
    this.#ended = counter(
      'jobs_ended_total',
      'Jobs that this process has ended; failed ones by error code, anew after each retry.',
      ['status', 'code'],
    );
    this.#retries = counter('backend_retries_total', 'Tries that failed and were followed by another one.', [
      'backend',
    ]);
    this.#failovers = counter('backend_failovers_total', 'Jobs that a backend failed and another one got.', [
      'backend',
    ]);
    this.#pictureSeconds = new Histogram({
      name: 'darkroom_backend_picture_seconds',
      help: 'Work that a picture took, without what it waited at the backend.',
      labelNames: ['backend'],
      buckets: SECONDS,
      registers: [registry],
    });
    for (const status of ['completed', 'cancelled']) this.#ended.inc({ status, code: '' }, 0);
  }

  /** A job was made or changed. */
  written(written: Written): void {
    const count = countOf(written);
    switch (count?.what) {
      case 'made':
        return this.#made.inc();
      case 'ended':
        return this.#ended.inc({ status: count.status, code: count.code });
      case 'retry':
        return this.#retries.inc({ backend: count.backend });
      case 'failover':
        return this.#failovers.inc({ backend: count.backend });
      case undefined:
        return undefined;
    }
  }

  /** A backend has made a picture. */
  pictureMade(backend: string, workedMs: number): void {
    this.#pictureSeconds.observe({ backend }, workedMs / 1_000);
  }

  /** Tells of the queue and of these backends too, as they are whenever somebody asks. */
  follow(queue: Queue, backends: readonly Backend[]): void {
    for (const { name: backend } of backends) {
      this.#retries.inc({ backend }, 0);
      this.#failovers.inc({ backend }, 0);
      this.#pictureSeconds.zero({ backend });
    }
    registerRead(this.#registry, {
      name: 'darkroom_jobs_waiting',
      help: 'Jobs in the queue now; processes that share it all tell the same.',
      read: async () => [[{}, await queue.size()]],
    });
    registerRead(this.#registry, {
      name: 'darkroom_backend_running_jobs',
      help: 'Jobs that a backend has of this process now.',
      labelNames: ['backend'],
      read: () => backends.map(({ name, running }) => [{ backend: name }, running]),
    });
    registerRead(this.#registry, {
      name: 'darkroom_backend_breaker_state',
      help: "1 for the state that the backend's breaker is in, as far as this process knows.",
      labelNames: ['backend', 'state'],
      read: () =>
        backends.flatMap(({ name, breaker }) =>
          BREAKER_STATES.map((state) => [{ backend: name, state }, breaker === state ? 1 : 0] as const),
        ),
    });
  }
}
