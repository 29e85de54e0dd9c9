import {
  type ApiErrorCode,
  canCancel,
  canRetry,
  type Job,
  type PictureMetadata,
  type PictureStatus,
  type QueuePlace,
} from '@darkroom/protocol';
import type { CurrentNotice } from '../../../lib/current-notice.ts';
import type { PictureJob } from './chat-state.ts';

/** Why there is no picture. */
export interface PictureError {
  readonly code: ApiErrorCode | 'CANCELLED' | undefined;
  /** As the server says it, in English. */
  readonly message: string;
}

/** A picture of a message as it stands now: what its job tells, and until that is known what the message does. */
export interface Picture {
  readonly jobId: string;
  readonly prompt: string;
  readonly status: PictureStatus;
  readonly percent: number;
  readonly place: QueuePlace | undefined;
  readonly leftMs: number | undefined;
  readonly since: string | undefined;
  readonly notice: CurrentNotice | undefined;
  readonly provider: string | undefined;
  /** The newest preview of the picture at hand. */
  readonly previewUrl: string | undefined;
  readonly urls: readonly string[];
  /** Pictures that were asked for, as far as that is known. */
  readonly count: number;
  readonly error: PictureError | undefined;
  readonly retryable: boolean;
  readonly lost: boolean;
  readonly silent: boolean;
}

const STATUS: Readonly<Record<Job['status'], PictureStatus>> = {
  queued: 'queued',
  running: 'processing',
  uploading: 'processing',
  completed: 'complete',
  failed: 'error',
  cancelled: 'error',
};

function errorOf(job: Job): PictureError | undefined {
  if (job.status === 'cancelled') return { code: 'CANCELLED', message: '' };
  return job.status === 'failed' ? { code: job.error?.code, message: job.error?.message ?? '' } : undefined;
}

function told(metadata: PictureMetadata): Picture {
  const { image_url: first, image_urls: all, error, queue_position: position } = metadata;
  const urls = all ?? (first === undefined ? [] : [first]);
  const isOver = metadata.status === 'complete' || metadata.status === 'error';
  return {
    jobId: metadata.job_id,
    prompt: metadata.prompt,
    status: metadata.status,
    percent: metadata.progress,
    place: position > 0 ? { position } : undefined,
    leftMs: undefined,
    since: undefined,
    notice: undefined,
    provider: undefined,
    previewUrl: undefined,
    urls,
    // Of one under way, a made one says no more than that another is to come.
    count: Math.max(1, isOver ? urls.length : urls.length && urls.length + 1),
    error: metadata.status === 'error' ? { code: metadata.error_code, message: error ?? '' } : undefined,
    retryable: metadata.retryable === true,
    lost: false,
    silent: false,
  };
}

/** Whether the message says something that its job as known here does not: it was run again elsewhere. */
export function isBehind({ job }: PictureJob, updatedAt: string): boolean {
  return !canCancel(job) && job.updatedAt < updatedAt;
}

/** The picture of a message that was last changed at `updatedAt`. */
export function pictureOf(metadata: PictureMetadata, updatedAt: string, known: PictureJob | undefined): Picture {
  if (known === undefined || isBehind(known, updatedAt)) return told(metadata);
  const { job, queue, notice, since, leftMs, lost, silent, previewUrl } = known;
  return {
    jobId: job.id,
    prompt: job.prompt,
    status: STATUS[job.status],
    percent: job.status === 'completed' ? 100 : (job.percent ?? 0),
    place: job.status === 'queued' && queue !== undefined && queue.position > 0 ? queue : undefined,
    leftMs,
    since,
    notice,
    provider: job.provider,
    previewUrl,
    urls: job.resultUrls ?? [],
    count: job.options?.count ?? 1,
    error: errorOf(job),
    retryable: canRetry(job),
    lost,
    silent,
  };
}
