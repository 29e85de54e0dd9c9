import { IMAGE_PENDING, type Job, type JobStatus, jobError } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { change, firstEvent, sampleJob } from '../testing/sample-job.ts';
import { projectEvent, projectJob } from './project-message.ts';

const jobIn = (status: JobStatus, fields: Partial<Job> = {}) => sampleJob({ status, ...fields });

describe('projectJob', () => {
  it.each([
    ['queued', 'queued'],
    ['running', 'processing'],
    ['uploading', 'processing'],
    ['completed', 'complete'],
    ['failed', 'error'],
    ['cancelled', 'error'],
  ] as const)('[M4] %s is %s', (status, expected) => {
    expect(projectJob(jobIn(status)).metadata.status).toBe(expected);
  });

  it('[M4] progress is kept in steps of ten', () => {
    const progress = [undefined, 0, 9.9, 10, 37, 99.9, 100].map(
      (percent) => projectJob(jobIn('running', percent === undefined ? {} : { percent })).metadata.progress,
    );
    expect(progress).toEqual([0, 0, 0, 10, 30, 90, 100]);
  });

  it('[M5] a finished job is its picture; of several all are named', () => {
    const one = projectJob(jobIn('completed', { resultUrls: ['/a.png'], percent: 100 }));
    expect(one.content).toBe('[IMAGE] IMAGE_PATH: /a.png');
    expect(one.metadata).toMatchObject({ progress: 100, image_url: '/a.png', image_urls: null, error: null });
    const two = projectJob(jobIn('completed', { resultUrls: ['/a.png', '/b.png'] }));
    expect(two.content).toBe('[IMAGE] IMAGE_PATH: /a.png');
    expect(two.metadata.image_urls).toEqual(['/a.png', '/b.png']);
    const sofar = projectJob(jobIn('running', { resultUrls: ['/a.png'] }));
    expect([sofar.content, sofar.metadata.image_url]).toEqual([IMAGE_PENDING, '/a.png']);
  });

  it('[M5] a failure says why, as a sentence and as a code, and whether a retry can help', () => {
    const error = jobError('PROVIDER_TIMEOUT');
    expect(projectJob(jobIn('failed', { error }))).toMatchObject({
      content: error.message,
      metadata: { error: error.message, error_code: 'PROVIDER_TIMEOUT', retryable: true },
    });
    expect(projectJob(jobIn('failed', { error, attempt: 3 })).metadata.retryable).toBe(false);
    expect(projectJob(jobIn('cancelled', { percent: 40 }))).toMatchObject({
      content: 'The picture was cancelled.',
      metadata: { error_code: 'CANCELLED', retryable: false, progress: 40 },
    });
  });

  it('[M5] a failure whose reason is not known is said in words all the same', () => {
    const { content, metadata } = projectJob(jobIn('failed'));
    expect(content).toMatch(/^[A-Z].+\.$/);
    expect(metadata).toMatchObject({ status: 'error', error: content, error_code: 'SERVER_ERROR', retryable: false });
  });

  it('[M5] names no address that it does not have', () => {
    const { content, metadata } = projectJob(jobIn('completed'));
    expect(content).toBe(IMAGE_PENDING);
    expect(metadata).toMatchObject({ image_url: null, image_urls: null });
  });

  it('[M5] a retry makes the message pending again, without a word of the failure', () => {
    const failed = change(jobIn('running'), { type: 'fail', error: jobError('PROVIDER_TIMEOUT') }).job;
    const { job, event } = change(failed, { type: 'retry' });
    expect(projectEvent(job, event)).toEqual({
      content: IMAGE_PENDING,
      metadata: {
        status: 'queued',
        progress: 0,
        image_url: null,
        image_urls: null,
        error: null,
        error_code: null,
        retryable: null,
      },
      news: true,
    });
  });

  it('[M8] ends and returns to the line are news, steps are not', () => {
    const running = jobIn('running');
    const news = (from: Job, next: Parameters<typeof change>[1]) => {
      const { job, event } = change(from, next);
      return projectEvent(job, event).news;
    };
    expect(news(jobIn('queued'), { type: 'start', provider: 'sketch' })).toBe(false);
    expect(news(running, { type: 'progress', percent: 50 })).toBe(false);
    expect(news(running, { type: 'upload' })).toBe(false);
    expect(news(jobIn('uploading'), { type: 'complete', resultUrls: ['/a.png'] })).toBe(true);
    expect(news(running, { type: 'fail', error: jobError('PROVIDER_TIMEOUT') })).toBe(true);
    expect(news(running, { type: 'cancel' })).toBe(true);
    expect(news(running, { type: 'release' })).toBe(true);
    expect(projectEvent(jobIn('queued'), firstEvent(jobIn('queued'))).content).toBe(IMAGE_PENDING);
  });
});
