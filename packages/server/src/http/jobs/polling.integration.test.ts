import { JobSnapshotResponse, LIMITS } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { expectError, getSnapshot, postAction, postJob, startManual } from '../../testing/api.ts';
import { eventually } from '../../testing/eventually.ts';
import { FakeClock } from '../../testing/fake-clock.ts';

const JOB = 'a'.repeat(22);
const readSnapshot = async (response: Response) => JobSnapshotResponse.parse(await response.json());
const seqs = ({ events }: JobSnapshotResponse) => events.map(({ seq }) => seq);

/** A server with one cancelled job: three events. */
async function withCancelled() {
  const darkroom = await startManual();
  const { id } = await postJob(darkroom.url);
  await darkroom.provider.nextRun();
  await postAction(darkroom.url, id, 'cancel');
  return { ...darkroom, id };
}

/** A server with one running job of so many events. */
async function withLongLog(steps: number) {
  const darkroom = await startManual();
  const { id } = await postJob(darkroom.url);
  await darkroom.provider.nextRun();
  for (let seq = 2; seq < steps + 2; seq++) {
    const result = await darkroom.log.append(id, seq, { type: 'progress', percent: seq % 100 });
    expect(result.outcome).toBe('appended');
  }
  return { ...darkroom, id, head: steps + 2 };
}

/** A server with a running job, whose clock stands still: what it holds, it holds until the test lets time pass. */
async function withRunning() {
  const clock = new FakeClock();
  const server = await startManual({}, { clock });
  const { id } = await postJob(server.url);
  await server.provider.nextRun();
  const timers = clock.pending;
  /** Asks with a `wait`; resolves with how to get the answer once the server holds it. */
  const hold = async (query: string) => {
    const answer = fetch(`${server.url}/api/jobs/${id}${query}`);
    await eventually(() => clock.pending > timers);
    return () => answer;
  };
  return { ...server, clock, id, hold };
}

describe('Polling', () => {
  it('[H1] without `after` no events but the job; with 0 all; with a number those after it', async () => {
    const { url, id } = await withCancelled();
    const bare = await getSnapshot(url, id);
    expect(bare).toMatchObject({ job: { id, status: 'cancelled' }, head: 3, events: [], more: false });
    expect(seqs(await getSnapshot(url, id, '?after=0'))).toEqual([1, 2, 3]);
    expect(seqs(await getSnapshot(url, id, '?after=2'))).toEqual([3]);
    expect(seqs(await getSnapshot(url, id, '?after=3'))).toEqual([]);
    expect(seqs(await getSnapshot(url, id, `?after=1&epoch=${bare.epoch}`))).toEqual([2, 3]);
  });

  it('[H1] at most 200 at a time, and `more` until there are none', async () => {
    const { url, id, head } = await withLongLog(600);
    const seen: number[] = [];
    for (let more = true; more; ) {
      const answer = await getSnapshot(url, id, `?after=${seen.at(-1) ?? 0}`);
      expect(answer.events.length).toBeLessThanOrEqual(LIMITS.eventsPerRead);
      seen.push(...seqs(answer));
      more = answer.more;
    }
    expect(seen).toEqual(Array.from({ length: head }, (_none, index) => index + 1));
  });

  it.each([
    ['another epoch', '?after=2&epoch=other', 'epoch'],
    ['a number beyond the head', '?after=99', 'ahead'],
  ])('[P3] a reader with %s gets reset and everything from the first', async (_what, query, reset) => {
    const { url, id } = await withCancelled();
    const answer = await getSnapshot(url, id, query);
    expect(answer.reset).toBe(reset);
    expect(seqs(answer)).toEqual([1, 2, 3]);
  });

  it('[P3] a job that is not there is NOT_FOUND', async () => {
    const { url } = await startManual();
    for (const query of ['', '?wait=1', '?after=0'])
      expect((await expectError(await fetch(`${url}/api/jobs/${JOB}${query}`), 'NOT_FOUND', 'jobId')).status).toBe(404);
  });

  it('[H2] `wait` holds the answer until there is something new', async () => {
    const { url, id, hold } = await withRunning();
    const answer = await hold('?after=2&wait=25');
    await postAction(url, id, 'cancel');
    expect(seqs(await readSnapshot(await answer()))).toEqual([3]);
  });

  it('[H2] `wait` without `after` waits for the next event as well', async () => {
    const { url, id, hold } = await withRunning();
    const answer = await hold('?wait=25');
    await postAction(url, id, 'cancel');
    expect((await readSnapshot(await answer())).job.status).toBe('cancelled');
  });

  it('[H2] what is new already is answered at once, and so is a position of another life', async () => {
    const { url, id } = await withRunning();
    expect(seqs(await getSnapshot(url, id, '?after=1&wait=25'))).toEqual([2]);
    expect((await getSnapshot(url, id, '?after=2&epoch=other&wait=25')).reset).toBe('epoch');
    expect((await getSnapshot(url, id, '?after=7&wait=25')).reset).toBe('ahead');
  });

  it('[H2] nothing new after the wait is 200 with no events', async () => {
    const { clock, hold } = await withRunning();
    const answer = await hold('?after=2&wait=1');
    clock.advance(1_000);
    const response = await answer();
    expect(response.status).toBe(200);
    expect(await readSnapshot(response)).toMatchObject({ events: [], more: false, head: 2 });
  });

  it('[H2] a final job is not waited for: nothing can come', async () => {
    const { url, id } = await withRunning();
    await postAction(url, id, 'cancel');
    const answer = await getSnapshot(url, id, '?after=3&wait=25');
    expect(answer).toMatchObject({ events: [], job: { status: 'cancelled' } });
  });

  it('[H2] a job removed while a reader waits is NOT_FOUND', async () => {
    const { id, log, hold } = await withRunning();
    const answer = await hold('?after=2&wait=25');
    await log.delete(id);
    await expectError(await answer(), 'NOT_FOUND', 'jobId');
  });

  it('[H3] an unchanged job is 304; an event, a status or another life changes the tag', async () => {
    const { url, provider, log } = await startManual();
    const { id } = await postJob(url);
    await provider.nextRun();
    const get = (etag?: string) =>
      fetch(`${url}/api/jobs/${id}?after=0`, { headers: etag === undefined ? {} : { 'if-none-match': etag } });
    const tags = [];
    for (const type of ['accept', 'upload', 'cancel'] as const) {
      const etag = (await get()).headers.get('etag') ?? '';
      const unchanged = await get(etag);
      expect(unchanged.status).toBe(304);
      expect(await unchanged.text()).toBe('');
      tags.push(etag);
      await log.appendAtHead(id, type === 'accept' ? { type, upstreamId: 'u' } : { type });
      expect((await get(etag)).status).toBe(200);
    }
    expect(new Set(tags).size).toBe(tags.length);
  });

  it('[H1] a waiting job’s place is in the answer, and in the tag', async () => {
    const { url, provider, queue } = await startWaiting();
    const [, second, third] = queue;
    expect((await getSnapshot(url, second ?? '')).queue).toEqual({ position: 1 });
    expect((await getSnapshot(url, third ?? '')).queue).toEqual({ position: 2 });
    const before = (await fetch(`${url}/api/jobs/${third}`)).headers.get('etag');
    await postAction(url, second ?? '', 'cancel');
    await eventually(async () => (await getSnapshot(url, third ?? '')).queue?.position === 1);
    expect((await fetch(`${url}/api/jobs/${third}`)).headers.get('etag')).not.toBe(before);
    expect(provider.running).toBe(1);
  });

  it('is not stored on the way', async () => {
    const { url, id } = await withCancelled();
    expect((await fetch(`${url}/api/jobs/${id}`)).headers.get('cache-control')).toBe('no-store');
  });

  it.each([
    ['after', '?after=-1'],
    ['after', '?after=1.5'],
    ['after', '?after=x'],
    ['wait', '?wait=26'],
    ['wait', '?wait=-1'],
    ['epoch', `?epoch=${'e'.repeat(33)}`],
  ])('[R6] a bad %s is refused by name (%s)', async (field, query) => {
    const { url, id } = await withCancelled();
    expect((await expectError(await fetch(`${url}/api/jobs/${id}${query}`), 'INVALID_REQUEST', field)).status).toBe(
      400,
    );
  });
});

async function startWaiting() {
  const darkroom = await startManual();
  const queue = [];
  for (let index = 0; index < 3; index++) queue.push((await postJob(darkroom.url)).id);
  await darkroom.provider.nextRun();
  return { ...darkroom, queue };
}
