import type { Job, ProgressEvent } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { frameAt, framesOf, placeholderOf, sampleIndexes } from './frames.ts';

const job = (changes: Partial<Job> = {}): Job => ({
  id: 'j',
  status: 'running',
  attempt: 1,
  maxAttempts: 3,
  prompt: 'p',
  lastEventSeq: 9,
  createdAt: '',
  updatedAt: '',
  ...changes,
});

const event = (seq: number, changes: Partial<ProgressEvent> = {}): ProgressEvent => ({
  id: `j.${seq}`,
  jobId: 'j',
  seq,
  ts: '',
  stage: 'running',
  ...changes,
});

describe('framesOf', () => {
  it('lists the previews in order and ends with the picture', () => {
    const events = [
      event(1, { stage: 'queued' }),
      event(2),
      event(3, { previewUrl: '/1.jpg', percent: 50 }),
      event(4, { previewUrl: '/2.jpg' }),
    ];
    expect(framesOf(events, job({ resultUrls: ['/r.png'] }))).toEqual([
      { url: '/1.jpg', seq: 3, percent: 50 },
      { url: '/2.jpg', seq: 4, percent: undefined },
      { url: '/r.png', seq: 9, percent: 100 },
    ]);
  });

  it('goes on from picture to picture where a job makes several', () => {
    const events = [
      event(1, { stage: 'queued' }),
      event(2, { previewUrl: '/1.jpg' }),
      event(3, { resultUrls: ['/r.png'], percent: 50 }),
      event(4, { previewUrl: '/2.jpg' }),
      event(5, { stage: 'completed', resultUrls: ['/r.png', '/s.png'], percent: 100 }),
    ];
    const urls = (head: number, resultUrls: string[]) =>
      framesOf(events.slice(0, head), job({ resultUrls })).map(({ url }) => url);
    expect(urls(5, ['/r.png', '/s.png'])).toEqual(['/1.jpg', '/r.png', '/2.jpg', '/s.png']);
    expect(urls(4, ['/r.png'])).toEqual(['/1.jpg', '/r.png', '/2.jpg']);
  });

  it('leaves out what stands in the place of a picture', () => {
    const events = [event(1, { stage: 'queued' }), event(2, { stage: 'failed', previewUrl: '/none.png' })];
    expect(framesOf(events, job({ status: 'failed', previewUrl: '/none.png' }))).toEqual([]);
    expect(placeholderOf(events)).toBe('/none.png');
    expect(placeholderOf(events.slice(0, 1))).toBeUndefined();
  });

  it('begins anew with each attempt', () => {
    const events = [
      event(1, { stage: 'queued' }),
      event(2, { previewUrl: '/old.jpg' }),
      event(3, { stage: 'failed' }),
      event(4, { stage: 'queued', attempt: 2 }),
      event(5, { previewUrl: '/new.jpg' }),
    ];
    expect(framesOf(events, job()).map((frame) => frame.url)).toEqual(['/new.jpg']);
  });

  it('takes a picture that several events carry once', () => {
    expect(framesOf([event(1, { previewUrl: '/1.jpg' }), event(2, { previewUrl: '/1.jpg' })], job())).toHaveLength(1);
  });
});

describe('frameAt', () => {
  const events = [event(1, { previewUrl: '/old.jpg', percent: 5 }), event(2), event(3, { previewUrl: '/new.jpg' })];
  const frames = [{ url: '/new.jpg', seq: 3, percent: undefined }];

  it('finds a frame of the film, and the preview of an earlier attempt', () => {
    expect(frameAt(events, frames, 3)).toBe(frames[0]);
    expect(frameAt(events, frames, 1)).toEqual({ url: '/old.jpg', seq: 1, percent: 5 });
  });

  it('finds nothing where there is no picture', () => {
    expect(frameAt(events, frames, 2)).toBeUndefined();
    expect(frameAt(events, frames, 9)).toBeUndefined();
    expect(frameAt(events, frames, undefined)).toBeUndefined();
  });
});

describe('sampleIndexes', () => {
  it('takes all of a few, and spreads over many from the first to the last', () => {
    expect(sampleIndexes(3, 8)).toEqual([0, 1, 2]);
    expect(sampleIndexes(50, 8)).toEqual([0, 7, 14, 21, 28, 35, 42, 49]);
    expect(sampleIndexes(0, 8)).toEqual([]);
  });
});
