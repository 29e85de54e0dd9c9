import type { ProgressEvent } from '@darkroom/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { pictureMessage, sampleJob, scriptedClient } from '../testing/sample-chat.ts';
import { type ChatState, NOTHING } from './chat-state.ts';
import { JobFeed } from './job-feed.ts';

const link = { conversationId: 'c1', messageId: 2 };

function begin() {
  const scripted = scriptedClient();
  const store = createStore<ChatState>()(() => NOTHING);
  const feed = new JobFeed(scripted.client, store);
  feed.start();
  const tell = (patch: Parameters<typeof sampleJob>[0]) => {
    scripted.watch('j1').tell({ job: sampleJob(patch) });
    vi.advanceTimersByTime(170);
  };
  return { ...scripted, store, feed, tell, known: () => store.getState().jobs['j1'] };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('[C9] jobs by id', () => {
  it('are linked to their messages, and shown together, not event by event', () => {
    const { feed, store, watch, known } = begin();
    let changes = 0;
    feed.follow('j1', link);
    vi.advanceTimersByTime(170);
    store.subscribe(() => changes++);
    for (let seq = 1; seq <= 10; seq++) watch('j1').tell({ job: sampleJob({ lastEventSeq: seq, percent: seq }) });
    vi.advanceTimersByTime(170);
    expect(changes).toBe(1);
    expect(known()).toMatchObject({ ...link, job: { percent: 10 } });
  });

  it('[C8] never go back: what is older by its number is no news', () => {
    const { feed, tell, known } = begin();
    feed.follow('j1', link);
    tell({ lastEventSeq: 5, percent: 50 });
    tell({ lastEventSeq: 3, percent: 20, status: 'queued' });
    expect(known()?.job).toMatchObject({ status: 'running', percent: 50 });
  });

  it('stay in the active list for 10 s after their end, and their watch is closed at once', () => {
    const { feed, tell, store, watch } = begin();
    feed.follow('j1', link);
    tell({ lastEventSeq: 2 });
    const { closed } = watch('j1');
    tell({ lastEventSeq: 3, status: 'completed' });
    expect([closed, watch('j1').closed]).toEqual([false, true]);
    vi.advanceTimersByTime(9_900);
    expect(store.getState().active).toEqual(['j1']);
    vi.advanceTimersByTime(200);
    expect(store.getState().active).toEqual([]);
    expect(store.getState().jobs['j1']?.job.status).toBe('completed');
  });

  it('a failed one that is run again is followed on from there', () => {
    const { feed, tell, known, store } = begin();
    feed.follow('j1', link);
    tell({ lastEventSeq: 4, status: 'failed' });
    feed.follow('j1', link);
    tell({ lastEventSeq: 4, status: 'failed' });
    tell({ lastEventSeq: 5, status: 'queued', attempt: 2 });
    expect(known()?.job).toMatchObject({ status: 'queued', attempt: 2 });
    vi.advanceTimersByTime(11_000);
    expect(store.getState().active).toEqual(['j1']);
  });

  it('tell what happened between them and their backends also where the events come after the state', () => {
    const { feed, tell, watch, known } = begin();
    feed.follow('j1', link);
    const job = sampleJob({ lastEventSeq: 3, status: 'running' });
    tell(job);
    expect(known()?.notice).toBeUndefined();
    const event = { jobId: 'j1', ts: '2026-01-01T00:00:00.000Z', message: '' } as const;
    const events: ProgressEvent[] = [
      { ...event, id: 'j1.1', seq: 1, stage: 'queued' },
      { ...event, id: 'j1.2', seq: 2, stage: 'queued', notice: { kind: 'failover', provider: 'forge' } },
      { ...event, id: 'j1.3', seq: 3, stage: 'running', provider: 'comfyui' },
    ];
    watch('j1').tell({ job: known()?.job, events });
    vi.advanceTimersByTime(170);
    expect(known()?.notice).toMatchObject({ kind: 'failover', provider: 'forge' });
  });

  it('are followed from messages that are not at their end, once', () => {
    const { feed, watched } = begin();
    feed.followAll([pictureMessage(1, 0), pictureMessage(2, 0, { status: 'complete' }), pictureMessage(1, 0)]);
    expect([...watched.keys()]).toEqual(['j1']);
  });

  it('[C9] silent for 5 minutes say so, and the server is asked; news ends it', () => {
    const { feed, tell, known, asked } = begin();
    feed.follow('j1', link);
    tell({ lastEventSeq: 2 });
    vi.advanceTimersByTime(299_000);
    expect(known()?.silent).toBe(false);
    vi.advanceTimersByTime(20_000);
    expect(known()?.silent).toBe(true);
    expect(asked).toEqual(['j1']);
    tell({ lastEventSeq: 3 });
    expect(known()?.silent).toBe(false);
  });
});
