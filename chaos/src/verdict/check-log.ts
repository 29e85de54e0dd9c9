import { canRetry, ERROR_INFO, type Job, type ProgressEvent } from '@darkroom/protocol';

/** What may follow an event of each stage. A run begins with `running` after `queued`, and only once. */
const FOLLOWS: Readonly<Record<Job['status'], readonly Job['status'][]>> = {
  queued: ['running', 'failed', 'cancelled'],
  running: ['running', 'uploading', 'queued', 'failed', 'cancelled'],
  uploading: ['completed', 'queued', 'failed', 'cancelled'],
  failed: ['queued'],
  completed: [],
  cancelled: [],
};

const isStart = ({ message = '' }: ProgressEvent) => /^(?:Started on|Going on with the work at) /.test(message);
/** An event that only whoever runs the job writes. */
const isRunning = ({ stage }: ProgressEvent) => stage === 'running' || stage === 'uploading';

function followError(before: ProgressEvent | undefined, event: ProgressEvent): string | undefined {
  const from = before?.stage;
  const allowed = from === undefined ? ['queued'] : FOLLOWS[from];
  if (!allowed.includes(event.stage)) return `${event.stage} follows ${from ?? 'nothing'}`;
  // Two workers in one claim would show: a second start, or words of one that never started.
  if (isStart(event) && from !== 'queued') return `a run starts at ${event.seq} within another one`;
  if (from === 'queued' && isRunning(event) && !isStart(event)) return `a run goes on at ${event.seq} without a start`;
  return undefined;
}

/** What is wrong with a log by itself: numbers, order of stages, runs that mix. */
export function logErrors(jobId: string, events: readonly ProgressEvent[]): readonly string[] {
  return events.flatMap((event, index) => {
    const isNext = event.seq === index + 1 && event.jobId === jobId && event.id === `${jobId}.${index + 1}`;
    const error = isNext ? followError(events[index - 1], event) : `event ${event.id} where ${index + 1} was due`;
    return error === undefined ? [] : [`${jobId}: ${error}`];
  });
}

/** What is untrue about a job's end. */
export function endErrors(job: Job): readonly string[] {
  const { id, status, resultUrls, options, error } = job;
  const say = (what: string) => [`${id}: ${what}`];
  if (status === 'completed') {
    const wanted = options?.count ?? 1;
    if (resultUrls?.length !== wanted) return say(`completed with ${resultUrls?.length ?? 0} of ${wanted} pictures`);
    return error === undefined ? [] : say('completed with an error');
  }
  if (status === 'cancelled') return [];
  if (status !== 'failed') return say(`still ${status}`);
  if (error === undefined || error.message === '') return say('failed without a reason');
  if (error.retryable !== ERROR_INFO[error.code].retryable)
    return say(`${error.code} with retryable ${error.retryable}`);
  return canRetry(job) ? say('failed, and was not retried') : [];
}

/** What a watcher saw otherwise than the log has it. */
export function sightingErrors(
  seen: readonly ProgressEvent[],
  log: readonly ProgressEvent[],
  who: string,
): readonly string[] {
  const wrong = seen.findIndex((event, index) => JSON.stringify(event) !== JSON.stringify(log[index]));
  if (wrong >= 0) return [`${who}: saw ${seen[wrong]?.id} where ${log[wrong]?.id ?? 'nothing'} was due`];
  return seen.length === log.length ? [] : [`${who}: saw ${seen.length} of ${log.length} events`];
}
