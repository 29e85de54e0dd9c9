import type { ProgressEvent } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { messages } from '../../i18n/en/job.ts';
import { addMessages } from '../../i18n/translate.ts';
import { eventText } from './event-text.ts';

addMessages(messages);

type Changes = Partial<ProgressEvent>;

/** What each event of a log says. */
function texts(log: readonly Changes[], count = 1): string[] {
  const events = log.map(
    (changes, index): ProgressEvent => ({
      id: `j.${index + 1}`,
      jobId: 'j',
      seq: index + 1,
      ts: '',
      stage: 'running',
      attempt: 1,
      ...changes,
    }),
  );
  return events.map((_event, index) => eventText(events, index, { count, maxAttempts: 3 }));
}

const queued: Changes = { stage: 'queued' };
const started: Changes = { provider: 'forge', percent: 0 };
const step: Changes = { step: 2, steps: 20 };
const error = { code: 'SERVER_ERROR', message: 'forge is out of memory.', retryable: true } as const;

describe('eventText', () => {
  it('tells the way of a job without trouble', () => {
    const log = [
      queued,
      started,
      { upstreamId: 'u' },
      step,
      {},
      { stage: 'uploading' },
      { stage: 'completed' },
    ] as const;
    expect(texts(log)).toEqual([
      'Queued',
      'Started on forge',
      'Accepted by the backend',
      'Step 2 of 20',
      'Generating',
      'Storing the picture',
      'Completed',
    ]);
  });

  it('names the picture of several', () => {
    const waiting: Changes = { notice: { kind: 'waiting', provider: 'forge', position: 3 } };
    expect(texts([queued, started, waiting, step, { resultUrls: ['/1.png'] }, step], 3)).toEqual([
      'Queued',
      'Started on forge',
      'Picture 1 of 3 · Waiting for forge, at position 3',
      'Picture 1 of 3 · Step 2 of 20',
      'Picture 1 of 3 is done',
      'Picture 2 of 3 · Step 2 of 20',
    ]);
  });

  it('tells apart why a job is in the queue again', () => {
    expect(texts([queued, started, { stage: 'failed', error }, { ...queued, attempt: 2 }]).slice(2)).toEqual([
      'forge is out of memory.',
      'Retrying, attempt 2 of 3',
    ]);
    expect(texts([queued, started, { ...queued, attempt: 2 }]).at(-1)).toBe(
      'The server stopped while working; running again, attempt 2 of 3',
    );
    expect(texts([queued, started, { ...queued, attempt: 2, upstreamId: 'u' }, started]).slice(2)).toEqual([
      'The server stopped while working; running again, attempt 2 of 3',
      'Started on forge',
    ]);
    expect(texts([queued, started, queued]).at(-1)).toBe('The server is restarting; back in the queue');
    const left: Changes = { ...queued, provider: 'forge', upstreamId: 'u' };
    expect(texts([queued, started, left, started]).slice(2)).toEqual([
      'The server is restarting; forge goes on meanwhile',
      'Going on with the work at forge',
    ]);
    expect(texts([queued, started, { ...left, notice: { kind: 'reattach', provider: 'forge' } }]).at(-1)).toBe(
      'The server stopped while working; going on with the work at forge',
    );
  });

  it('tells of retries and of other backends', () => {
    const retry: Changes = { notice: { kind: 'retry', provider: 'forge', retry: 1, retries: 3, inMs: 2_000, error } };
    const failover: Changes = { ...queued, notice: { kind: 'failover', provider: 'forge', error } };
    expect(texts([queued, started, retry, failover, { stage: 'cancelled' }]).slice(2)).toEqual([
      'forge is out of memory; trying again in 2 sec (1 of 3)',
      'forge failed: forge is out of memory. Another backend is to do it',
      'Cancelled',
    ]);
  });
});
