import { describe, expect, it } from 'vitest';
import { applyEvent } from './apply-event.ts';
import type { Job, ProgressEvent } from './job.ts';

const CREATED = '2026-01-01T00:00:00.000Z';
const LATER = '2026-01-01T00:00:05.000Z';

const job = (fields: Partial<Job> = {}): Job => ({
  id: 'a'.repeat(22),
  status: 'queued',
  attempt: 1,
  maxAttempts: 3,
  prompt: 'a lighthouse',
  lastEventSeq: 1,
  createdAt: CREATED,
  updatedAt: CREATED,
  ...fields,
});

const event = (fields: Partial<ProgressEvent> & Pick<ProgressEvent, 'stage'>): ProgressEvent => ({
  id: `${'a'.repeat(22)}.2`,
  jobId: 'a'.repeat(22),
  seq: 2,
  ts: LATER,
  ...fields,
});

describe('applyEvent', () => {
  it('[J2] takes status, number and time from the event and leaves the rest', () => {
    expect(applyEvent(job(), event({ stage: 'running', attempt: 1 }))).toEqual(
      job({ status: 'running', lastEventSeq: 2, updatedAt: LATER }),
    );
  });

  it('[J2] is pure: neither the job nor the event changes', () => {
    const before = Object.freeze(job({ status: 'running', percent: 10 }));
    const change = Object.freeze(event({ stage: 'running', percent: 20 }));
    expect(applyEvent(before, change).percent).toBe(20);
    expect(before.percent).toBe(10);
  });

  it('[J2] keeps percent, preview and provider until an event names others', () => {
    const running = job({ status: 'running', percent: 40, previewUrl: '/p/1.jpg', provider: 'sketch' });
    const next = applyEvent(running, event({ stage: 'running' }));
    expect(next).toMatchObject({ percent: 40, previewUrl: '/p/1.jpg', provider: 'sketch' });
    expect(applyEvent(running, event({ stage: 'running', percent: 0, previewUrl: '/p/2.jpg' }))).toMatchObject({
      percent: 0,
      previewUrl: '/p/2.jpg',
    });
  });

  it('[J2] carries the pictures of a completed event and the error of a failed one', () => {
    const resultUrls = ['/api/jobs/x/images/1-abc.png'];
    expect(applyEvent(job({ status: 'uploading' }), event({ stage: 'completed', resultUrls })).resultUrls).toEqual(
      resultUrls,
    );
    const error = { code: 'PROVIDER_TIMEOUT', message: 'Too slow.', retryable: true } as const;
    expect(applyEvent(job({ status: 'running' }), event({ stage: 'failed', error })).error).toEqual(error);
  });

  it('[J6] back in the queue, what belonged to the run is cleared; pictures that are stored stay', () => {
    const failed = job({
      status: 'failed',
      percent: 60,
      previewUrl: '/p/6.jpg',
      resultUrls: ['/r/1.png'],
      provider: 'sketch',
      upstreamId: 'u1',
      tried: ['forge'],
      options: { steps: 20, count: 2 },
      error: { code: 'SERVER_ERROR', message: 'Broken.', retryable: true },
    });
    expect(applyEvent(failed, event({ stage: 'queued', attempt: 2 }))).toEqual(
      job({
        attempt: 2,
        lastEventSeq: 2,
        updatedAt: LATER,
        provider: 'sketch',
        resultUrls: ['/r/1.png'],
        options: { steps: 20, count: 2 },
      }),
    );
  });

  it('[J6] failing over adds the backend to those that were tried, in the same attempt', () => {
    const notice = { kind: 'failover', provider: 'comfyui' } as const;
    const running = job({ status: 'running', tried: ['forge'], upstreamId: 'u1', provider: 'comfyui' });
    const next = applyEvent(running, event({ stage: 'queued', attempt: 1, notice }));
    expect(next).toMatchObject({ status: 'queued', attempt: 1, tried: ['forge', 'comfyui'] });
    expect(next.upstreamId).toBeUndefined();
  });

  it('[J6] the first backend to fail over from is the first of those that were tried', () => {
    const notice = { kind: 'failover', provider: 'forge' } as const;
    const running = job({ status: 'running', provider: 'forge' });
    expect(applyEvent(running, event({ stage: 'queued', attempt: 1, notice })).tried).toEqual(['forge']);
  });

  it('[J6] only failing over counts a backend among those that were tried', () => {
    const notice = { kind: 'retry', provider: 'forge' } as const;
    expect(applyEvent(job({ status: 'running' }), event({ stage: 'running', notice }))).not.toHaveProperty('tried');
  });

  it('[J6] an event without an attempt belongs to the one under way: what was tried in it stays', () => {
    const running = job({ status: 'running', attempt: 2, tried: ['forge'] });
    expect(applyEvent(running, event({ stage: 'running' }))).toMatchObject({ attempt: 2, tried: ['forge'] });
  });

  it('[J2] takes the name of the backend that starts', () => {
    const waiting = job({ provider: 'forge' });
    expect(applyEvent(waiting, event({ stage: 'running', provider: 'comfyui' })).provider).toBe('comfyui');
  });

  it('[J8] takes the backend’s id together with the backend that has it', () => {
    const work = { upstreamId: 'u1', upstreamAt: 'm1' };
    const started = job({ status: 'running', provider: 'forge' });
    const running = applyEvent(started, event({ stage: 'running', ...work }));
    expect(running).toMatchObject(work);
    expect(applyEvent(running, event({ stage: 'running', percent: 10 }))).toMatchObject(work);
    const replaced = applyEvent(running, event({ stage: 'running', upstreamId: 'u2' }));
    expect(replaced.upstreamId).toBe('u2');
    expect(replaced).not.toHaveProperty('upstreamAt');
  });

  it('[J8] the backend’s id stays when the same backend starts again, and ends when another one does', () => {
    const left = job({ provider: 'forge', upstreamId: 'u1', upstreamAt: 'm1' });
    const same = applyEvent(left, event({ stage: 'running', provider: 'forge' }));
    expect(same).toMatchObject({ upstreamId: 'u1', upstreamAt: 'm1' });
    const other = applyEvent(left, event({ stage: 'running', provider: 'comfyui' }));
    expect(other).not.toHaveProperty('upstreamId');
    expect(other).not.toHaveProperty('upstreamAt');
  });

  it('[J8] the backend’s id stays through progress and waiting, and ends with its picture or its try', () => {
    const running = applyEvent(job({ status: 'running' }), event({ stage: 'running', upstreamId: 'u1' }));
    expect(running.upstreamId).toBe('u1');
    const stays = [{ percent: 10 }, { notice: { kind: 'waiting' } }] as const;
    for (const fields of stays)
      expect(applyEvent(running, event({ stage: 'running', ...fields })).upstreamId).toBe('u1');
    const ends: Partial<ProgressEvent>[] = [{ resultUrls: ['/r/1.png'] }, { notice: { kind: 'retry' } }];
    for (const fields of ends)
      expect(applyEvent(running, event({ stage: 'running', ...fields })).upstreamId).toBeUndefined();
  });

  it('[J8] work that is given back to be re-attached to keeps the backend’s id', () => {
    const running = job({ status: 'running', upstreamId: 'u1', provider: 'forge' });
    const back = { stage: 'queued', attempt: 1, upstreamId: 'u1', notice: { kind: 'reattach' } } as const;
    expect(applyEvent(running, event(back))).toMatchObject({ status: 'queued', upstreamId: 'u1' });
  });

  it('[J6] work given back in the same attempt starts clean too', () => {
    const running = job({ status: 'running', percent: 60, previewUrl: '/p/6.jpg' });
    const back = applyEvent(running, event({ stage: 'queued', attempt: 1 }));
    expect(back).not.toHaveProperty('percent');
    expect(back).not.toHaveProperty('previewUrl');
    expect(back.attempt).toBe(1);
  });

  it('[J2] an error does not outlive the failure it explains', () => {
    const failed = job({ status: 'failed', error: { code: 'SERVER_ERROR', message: 'Broken.', retryable: true } });
    expect(applyEvent(failed, event({ stage: 'running' }))).not.toHaveProperty('error');
  });

  it('[J2] what an event leaves out is left out of the job, not set to undefined', () => {
    expect(Object.keys(applyEvent(job(), event({ stage: 'running' }))).sort()).toEqual(Object.keys(job()).sort());
  });
});
