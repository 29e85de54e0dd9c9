import { describe, expect, it } from 'vitest';
import { createJob, hasStatus, jobWhen, readLog, setUpCore } from '../testing/core.ts';
import { createManualProvider } from '../testing/manual-provider.ts';
import { change, firstEvent, sampleJob } from '../testing/sample-job.ts';
import type { Change } from './transition.ts';

const START: Change = { type: 'start', provider: 'scripted' };

/** Puts a job into the store as a process that died would have left it. */
async function leaveBehind(
  { store }: Pick<Awaited<ReturnType<typeof setUpCore>>, 'store'>,
  changes: readonly Change[],
  attempt = 1,
) {
  let job = sampleJob({ attempt });
  await store.createJob(job, 'epoch-1', firstEvent(job));
  for (const next of changes) {
    const write = change(job, next);
    await store.append({ ...write, newTicket: false });
    job = write.job;
  }
  return job.id;
}

describe('Worker', () => {
  it('[J3] runs what a dead process was running again, in the next attempt, and says so in the log', async () => {
    const provider = createManualProvider();
    const core = await setUpCore({ providers: [provider] });
    const id = await leaveBehind(core, [START, { type: 'progress', percent: 40 }]);
    await core.worker.start();
    await (await provider.nextRun()).finish();
    expect(await jobWhen(core, id, hasStatus('completed'))).toMatchObject({ attempt: 2 });
    const events = await readLog(core, id);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_event, index) => index + 1));
    expect(events[3]).toMatchObject({ stage: 'queued', attempt: 2 });
    expect(events[3]?.message).toBe('The server stopped while working; running again, attempt 2 of 3');
  });

  it('[J3] a job that died while uploading runs again too', async () => {
    const provider = createManualProvider();
    const core = await setUpCore({ providers: [provider] });
    const id = await leaveBehind(core, [START, { type: 'upload' }]);
    await core.worker.start();
    await provider.nextRun();
    expect((await core.log.load(id))?.job.attempt).toBe(2);
  });

  it('[J3] a job that dies with the server every time fails after its last attempt, for good', async () => {
    const core = await setUpCore({ providers: [createManualProvider()] });
    const id = await leaveBehind(core, [START, { type: 'rescue' }, START, { type: 'rescue' }, START]);
    await core.worker.start();
    const job = (await core.log.load(id))?.job;
    expect(job).toMatchObject({ status: 'failed', attempt: 3, error: { code: 'SERVER_ERROR' } });
    expect(await core.jobs.retry(id)).toMatchObject({ ok: false, reason: 'wrong-state' });
    expect(await core.queue.size()).toBe(0);
  });

  it('[C4] what waited before the restart waits in the same order, before what comes new', async () => {
    const provider = createManualProvider();
    const core = await setUpCore({ providers: [provider] });
    const left = [await leaveBehind(core, []), await leaveBehind(core, [START]), await leaveBehind(core, [])];
    await core.worker.start();
    const fresh = await createJob(core);
    const order: string[] = [];
    for (const id of [...left, fresh.id]) {
      const run = await provider.nextRun();
      order.push((await jobWhen(core, id, hasStatus('running'))).id);
      await run.finish();
    }
    expect(order).toEqual([...left, fresh.id]);
  });

  it('leaves ended jobs alone', async () => {
    const core = await setUpCore({ providers: [createManualProvider()] });
    const id = await leaveBehind(core, [START, { type: 'upload' }, { type: 'complete', resultUrls: [] }]);
    const cancelled = await leaveBehind(core, [{ type: 'cancel' }]);
    await core.worker.start();
    expect(await core.queue.size()).toBe(0);
    expect((await readLog(core, id)).at(-1)?.stage).toBe('completed');
    expect((await readLog(core, cancelled)).at(-1)?.stage).toBe('cancelled');
  });

  it('[C5] a provider runs as many jobs at once as it says, several providers share the line', async () => {
    const one = createManualProvider({ name: 'one', concurrency: 1 });
    const two = createManualProvider({ name: 'two', concurrency: 2 });
    const core = await setUpCore({ providers: [one, two] });
    await core.worker.start();
    for (let index = 0; index < 5; index++) await createJob(core);
    const runs = await Promise.all([one.nextRun(), two.nextRun(), two.nextRun()]);
    expect(core.pool.backends.map(({ running }) => running)).toEqual([1, 2]);
    expect([one.running, two.running]).toEqual([1, 2]);
    expect(await core.queue.size()).toBe(2);
    await runs[0].finish();
    await one.nextRun();
    expect(await core.queue.size()).toBe(1);
  });

  it('[J3] a planned stop leaves the jobs in line for the next process, which runs them in the same attempt', async () => {
    const first = createManualProvider();
    const before = await setUpCore({ providers: [first] });
    await before.worker.start();
    const running = await createJob(before);
    const waiting = await createJob(before);
    await first.nextRun();
    await before.worker.stop();
    await before.store.close();

    const second = createManualProvider();
    const after = await setUpCore({ providers: [second], folder: before.folder });
    await after.worker.start();
    for (const { id } of [running, waiting]) {
      await (await second.nextRun()).finish();
      expect(await jobWhen(after, id, hasStatus('completed'))).toMatchObject({ attempt: 1 });
    }
  });
});
