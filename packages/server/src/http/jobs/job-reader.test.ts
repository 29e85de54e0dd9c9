import { LIMITS } from '@darkroom/protocol';
import { expect, it } from 'vitest';
import { createJob, setUpCore } from '../../testing/core.ts';
import { eventually } from '../../testing/eventually.ts';
import { LiveCounts } from '../live/live-counts.ts';
import { JobReader } from './job-reader.ts';

it('[H2] holds polls of one address up to its share, those of others too, and answers the rest at once', async () => {
  const core = await setUpCore({ providers: [] });
  const { id } = await createJob(core);
  const { polls } = new LiveCounts();
  const reader = new JobReader(core.log, core.board, polls, core.clock);
  const { signal } = new AbortController();
  const wait = (address: string) =>
    reader.waitForNews(id, { after: 1, epoch: undefined, waitMs: 25_000, address, signal });
  const waits = Array.from({ length: LIMITS.maxWaitersPerAddress }, () => wait('10.0.0.1'));
  await wait('10.0.0.1');
  expect(polls.held).toBe(LIMITS.maxWaitersPerAddress);
  waits.push(wait('10.0.0.2'));
  await eventually(() => polls.held === LIMITS.maxWaitersPerAddress + 1);
  core.clock.advance(25_000);
  await Promise.all(waits);
  expect(polls.held).toBe(0);
});
