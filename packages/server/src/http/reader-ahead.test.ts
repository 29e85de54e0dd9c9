import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type Core, createJob, setUpCore } from '../testing/core.ts';
import { eventually } from '../testing/eventually.ts';
import { openSharedStore } from '../testing/shared-store.ts';
import { JobReader } from './jobs/job-reader.ts';
import { LiveCounts } from './live/live-counts.ts';
import { LiveHub } from './live/live-hub.ts';
import { sseFormat } from './live/sse-format.ts';

const pollReader = ({ log, board, clock }: Core) => new JobReader(log, board, new LiveCounts().polls, clock);

/** Two gateways on one storage; the second one has the job in memory and hears nothing of what the first one writes. */
describe('[P3] a reader that comes from another gateway, and is further on than this one', () => {
  let first: Core;
  let second: Core;
  let id: string;
  beforeEach(async () => {
    const shared = await openSharedStore();
    first = await setUpCore({ providers: [], shared });
    second = await setUpCore({ providers: [], shared });
    ({ id } = await createJob(first));
    await second.log.load(id);
    await first.log.append(id, 1, { type: 'start', provider: 'sketch' });
    await first.log.append(id, 2, { type: 'accept', upstreamId: 'u' });
  });

  it('is not told that the log begins anew: a poll asks the store first', async () => {
    const view = await pollReader(second).read(id, 3, undefined);
    expect(JSON.parse(view?.body ?? '')).toMatchObject({ head: 3, events: [] });
    expect(view?.body).not.toContain('reset');
  });

  it('nor by a live connection', async () => {
    const hub = new LiveHub(second.log, second.board, second.clock, () => 0);
    onTestFinished(() => hub.close());
    let text = '';
    const write = (bytes: Buffer) => {
      text += bytes;
      return true;
    };
    const sink = { bufferedBytes: 0, write, holdInput() {}, ended: () => true, close() {} };
    await hub.connect(sink, sseFormat).subscribe(id, { seq: 3 });
    await first.log.append(id, 3, { type: 'progress', percent: 50 });
    await second.log.catchUp();
    await eventually(() => text.includes('id: 4'));
    expect(text).toContain('event: job');
    expect(text).not.toContain('event: reset');
    expect(text).not.toContain('id: 3');
  });

  it('is told so if the store knows no more either', async () => {
    const view = await pollReader(second).read(id, 4, undefined);
    expect(JSON.parse(view?.body ?? '')).toMatchObject({ head: 3, reset: 'ahead' });
  });
});
