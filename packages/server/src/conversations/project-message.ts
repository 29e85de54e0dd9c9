import {
  canRetry,
  IMAGE_PENDING,
  imageContent,
  type Job,
  type JobStatus,
  type PictureStatus,
  type ProgressEvent,
} from '@darkroom/protocol';
import type { MessageChange, MetadataPatch } from '../conversation-store.ts';

/** A job's states in the words of a conversation (rule M4). */
export const PICTURE_STATUS: Readonly<Record<JobStatus, PictureStatus>> = {
  queued: 'queued',
  running: 'processing',
  uploading: 'processing',
  completed: 'complete',
  failed: 'error',
  cancelled: 'error',
};

/** Progress is kept in steps of so many percent: readers who need each step read the job. */
const PROGRESS_STEP = 10;

const CANCELLED = { message: 'The picture was cancelled.', code: 'CANCELLED' } as const;

function failureOf(job: Job): Pick<MetadataPatch, 'error' | 'error_code' | 'retryable'> {
  if (job.status === 'cancelled') return { error: CANCELLED.message, error_code: CANCELLED.code, retryable: false };
  if (job.status !== 'failed') return { error: null, error_code: null, retryable: null };
  const { message, code } = job.error ?? { message: 'The picture could not be made.', code: 'SERVER_ERROR' as const };
  return { error: message, error_code: code, retryable: canRetry(job) };
}

/** What a job's state says in its message (rules M4, M5); `null` takes away what an earlier state said. */
export function projectJob(job: Job): Pick<MessageChange, 'content' | 'metadata'> {
  const urls = job.resultUrls ?? [];
  const [first] = urls;
  const done = job.status === 'completed';
  const failure = failureOf(job);
  const metadata: MetadataPatch = {
    status: PICTURE_STATUS[job.status],
    progress: done ? 100 : Math.floor((job.percent ?? 0) / PROGRESS_STEP) * PROGRESS_STEP,
    image_url: first ?? null,
    image_urls: urls.length > 1 ? [...urls] : null,
    ...failure,
  };
  if (done && first !== undefined) return { content: imageContent(first), metadata };
  return { content: failure.error ?? IMAGE_PENDING, metadata };
}

/** States that a reader of the conversation should hear of, once it was asked for: an end, or back in line. */
const NEWS: readonly JobStatus[] = ['completed', 'failed', 'cancelled', 'queued'];

/** What the event that led to this state of the job changes in its message. */
export function projectEvent(job: Job, { stage }: ProgressEvent): MessageChange {
  return { ...projectJob(job), news: NEWS.includes(stage) };
}
