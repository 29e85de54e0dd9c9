import { ProviderStatus } from '@darkroom/protocol';
import * as z from 'zod/mini';

/** A backend of a process, and which one it is: `BackendOptions.place`, which workers of earlier versions do not tell. */
export const WorkerBackend = z.extend(ProviderStatus, { place: z.optional(z.string()) });
export type WorkerBackend = z.infer<typeof WorkerBackend>;

/** A process that runs jobs, as the other processes know it. */
export interface WorkerReport {
  /** New with every start of the process. */
  readonly id: string;
  /** When it said so last, ms since the Unix epoch, by its own clock. */
  readonly seenAt: number;
  /** Its backends; two workers' backends of the same name can stand in for each other. */
  readonly backends: readonly WorkerBackend[];
}

/**
 * Who runs jobs, and whether they still do. A worker says every few seconds that it lives; the jobs of one that has been
 * silent are taken over. The machines' clocks must agree within a few seconds. Errors are `StorageError`s.
 */
export interface WorkerStore {
  /** Keeps the worker's word in the place of its last one. */
  report(report: WorkerReport): Promise<void>;
  /** Those that were seen at `since` (ms) or later, in order of id. */
  list(since: number): Promise<readonly WorkerReport[]>;
  /** Forgets workers last seen before `before` (ms) that hold no job. */
  forget(before: number): Promise<void>;
}
