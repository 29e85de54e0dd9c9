import { LIMITS } from '@darkroom/protocol';
import { expect, it } from 'vitest';
import { createJob, setUpCore } from '../../testing/core.ts';
import { LiveCounts } from '../live/live-counts.ts';
import { JobReader } from './job-reader.ts';

it('[H2] holds so many polls, and answers the rest at once', async () => {
  const core = await setUpCore({ providers: [] });
  const { id } = await createJob(core);
  const { polls } = new LiveCounts();
  const reader = new JobReader(core.log, core.board, polls, core.clock);
  const { signal } = new AbortController();
  const wait = () => reader.waitForNews(id, { after: 1, epoch: undefined, waitMs: 25_000, signal });
  const waits = Array.from({ length: LIMITS.maxWaiters }, wait);
  await wait();
  expect(polls.held).toBe(LIMITS.maxWaiters);
  core.clock.advance(25_000);
  await Promise.all(waits);
  expect(polls.held).toBe(0);
});
