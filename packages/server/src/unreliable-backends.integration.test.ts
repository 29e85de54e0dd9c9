import { isFinal } from '@darkroom/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { getSnapshot, postJob } from './testing/api.ts';
import { startDarkroom } from './testing/test-darkroom.ts';
import { endsTruthfully, startUnreliableBackends } from './testing/unreliable-backends.ts';

const JOBS = 150;

describe('Backends that fail at random', () => {
  it('[J5][E4] every job ends truthfully, and no picture is in the making twice at once', async () => {
    const unreliable = await startUnreliableBackends(4 * JOBS, 0.3);
    onTestFinished(async () => void (await unreliable.close()));
    const darkroom = await startDarkroom(unreliable.environment);
    onTestFinished(() => darkroom.stop());

    const ids: string[] = [];
    for (let number = 0; number < JOBS; number++) ids.push((await postJob(darkroom.url, `picture ${number}`)).id);
    const ended = { completed: 0, failed: 0 };
    for (const id of ids) {
      const { job } = await untilEnded(darkroom.url, id);
      expect(endsTruthfully(job), JSON.stringify(job)).toBe(true);
      ended[job.status === 'completed' ? 'completed' : 'failed']++;
      for (const url of job.resultUrls ?? []) expect((await fetch(`${darkroom.url}${url}`)).status).toBe(200);
    }
    expect(ended.completed).toBeGreaterThan(JOBS / 2);
    expect(ended.failed).toBeGreaterThan(0);
    for (const { alive, mostAliveOfOnePrompt, submissions } of unreliable.backends) {
      expect({ alive, mostAliveOfOnePrompt }).toEqual({ alive: 0, mostAliveOfOnePrompt: 1 });
      expect(submissions.length).toBeGreaterThan(0);
    }
  });
});

async function untilEnded(url: string, id: string) {
  for (let after = 0; ; ) {
    const snapshot = await getSnapshot(url, id, `?after=${after}&wait=10`);
    if (isFinal(snapshot.job) || snapshot.job.status === 'failed') return snapshot;
    after = snapshot.head;
  }
}
