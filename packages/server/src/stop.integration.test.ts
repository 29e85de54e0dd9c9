import { CLOSE } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { expectError, getSnapshot, postAction, postJob, postJson, startManual } from './testing/api.ts';
import { eventually } from './testing/eventually.ts';
import { FakeClock } from './testing/fake-clock.ts';
import { createManualProvider } from './testing/manual-provider.ts';
import { openSocket } from './testing/socket-reader.ts';
import { tempFolder } from './testing/temp-folder.ts';

/** A server in the middle of a planned stop: its provider takes its time. */
async function beginStop() {
  const folder = await tempFolder();
  const provider = createManualProvider({ heedsSignal: false });
  // The stop has a time limit for running jobs: by this clock it never passes.
  const server = await startManual({ DATA_DIR: folder }, { providers: [provider], clock: new FakeClock() });
  const { id } = await postJob(server.url);
  const waiting = await postJob(server.url);
  const run = await provider.nextRun();
  await run.step(2);
  await eventually(() => server.log.peek(id)?.job.percent === 40);
  const socket = await openSocket(server.url);
  socket.send({ type: 'subscribe', jobId: id });
  await socket.next('subscribed', id);
  const stopped = server.stop();
  expect(run.signal.aborted).toBe(true);
  return { ...server, folder, id, waiting, run, socket, stopped };
}

describe('A planned stop', () => {
  it('[R6] takes no new work: 503 with Retry-After, while reading goes on', async () => {
    const { url, id, run, stopped } = await beginStop();
    const answers = [
      await postJson(`${url}/api/jobs`, { prompt: 'a cat' }),
      await fetch(`${url}/api/generate?prompt=a%20cat`),
      await fetch(`${url}/api/jobs/${id}/retry`, { method: 'POST' }),
    ];
    for (const answer of answers) expect((await expectError(answer, 'SHUTTING_DOWN')).status).toBe(503);
    expect((await fetch(`${url}/api/health`)).status).toBe(503);
    expect((await getSnapshot(url, id)).job.status).toBe('running');
    run.end();
    await stopped;
  });

  it('[W8][J3] gives the running job back on disk, tells readers, and the next process completes it in the same attempt', async () => {
    const { folder, id, waiting, run, socket, stopped } = await beginStop();
    run.end();
    await stopped;
    expect((await socket.closed).code).toBe(CLOSE.shutdown);
    const messages = socket.inbox.all;
    expect(messages.at(-1)?.type).toBe('bye');
    expect(socket.events.at(-1)).toMatchObject({ stage: 'queued', attempt: 1 });

    const provider = createManualProvider();
    const next = await startManual({ DATA_DIR: folder }, { providers: [provider] });
    const back = await openSocket(next.url);
    back.send({ type: 'subscribe', jobId: id, afterSeq: socket.events.at(-1)?.seq });
    await (await provider.nextRun()).finish();
    expect(await back.next('end', id)).toMatchObject({ status: 'completed' });
    const events = [...socket.events, ...back.events];
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_event, index) => index + 1));
    expect(events.at(-1)).toMatchObject({ stage: 'completed', attempt: 1 });
    await (await provider.nextRun()).finish();
    await eventually(() => next.log.peek(waiting.id)?.job.status === 'completed');
  });

  it('lets people cancel while it lasts', async () => {
    const { url, id, run, stopped } = await beginStop();
    expect((await postAction(url, id, 'cancel')).status).toBe('cancelled');
    run.end();
    await stopped;
  });

  it('twice is the same stop', async () => {
    const server = await startManual();
    await Promise.all([server.stop(), server.stop()]);
    await expect(fetch(server.url)).rejects.toThrow();
  });

  it('ends readers that wait in a long poll', async () => {
    const { url, provider, stop } = await startManual();
    const { id } = await postJob(url);
    await provider.nextRun();
    const held = getSnapshot(url, id, '?after=99&wait=25').catch(() => undefined);
    const poll = getSnapshot(url, id, '?after=2&wait=25').catch(() => undefined);
    await held;
    await stop();
    await poll;
  });
});
