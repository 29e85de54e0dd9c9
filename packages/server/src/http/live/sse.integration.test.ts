import { LIMITS } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { ProviderError } from '../../provider-error.ts';
import { expectError, postAction, postJob, startManual } from '../../testing/api.ts';
import { eventually } from '../../testing/eventually.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { openSse } from '../../testing/sse-reader.ts';

const JOB = 'a'.repeat(22);
const eventsUrl = (url: string, jobId: string, query = '') => `${url}/api/jobs/${jobId}/events${query}`;

/** A server with one job that has run to its end. */
async function withCompleted() {
  const darkroom = await startManual();
  const { id } = await postJob(darkroom.url);
  await (await darkroom.provider.nextRun()).finish();
  await eventually(() => darkroom.log.peek(id)?.job.status === 'completed');
  const record = await darkroom.log.load(id);
  if (record === undefined) throw new Error('no job');
  return { ...darkroom, id, head: record.job.lastEventSeq, epoch: record.epoch };
}

describe('Server-sent events', () => {
  it('[S1][S2] the snapshot first, without id; then every event under its seq', async () => {
    const { url, id, head, epoch } = await withCompleted();
    const stream = await openSse(eventsUrl(url, id));
    expect(stream.status).toBe(200);
    expect(await stream.closed).toBe('ended');
    expect(stream.inbox.all[0]).toMatchObject({ event: 'job', id: undefined });
    expect(JSON.parse(stream.inbox.all[0]?.data ?? '')).toMatchObject({ job: { id }, epoch, head });
    const messages = stream.inbox.all.filter(({ event }) => event === 'message');
    expect(messages.map(({ id: seq }) => Number(seq))).toEqual([1, 2, 3, 4]);
    expect(stream.events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  });

  it.each([
    ['?after', '?after=2', {}, [3, 4]],
    ['Last-Event-ID', '', { 'last-event-id': '3' }, [4]],
    ['Last-Event-ID over ?after', '?after=1', { 'last-event-id': '3' }, [4]],
    ['?after, for an id that is no number', '?after=3', { 'last-event-id': 'x7' }, [4]],
  ])('[S1] goes on after %s', async (_what, query, headers, expected) => {
    const { url, id } = await withCompleted();
    const stream = await openSse(eventsUrl(url, id, query), headers);
    await stream.closed;
    expect(stream.events.map(({ seq }) => seq)).toEqual(expected);
  });

  it('[S2][P2] only events have an id, so nothing else moves the position', async () => {
    const clock = new FakeClock();
    const darkroom = await startManual({}, { clock });
    await postJob(darkroom.url);
    await darkroom.provider.nextRun();
    const { id } = await postJob(darkroom.url);
    const stream = await openSse(eventsUrl(darkroom.url, id));
    await stream.next('job');
    clock.advance(1_000);
    expect(await stream.next('queue')).toMatchObject({ jobId: id, position: 1 });
    clock.advance(LIMITS.heartbeatMs);
    expect(await stream.next('ping')).toEqual({ now: expect.any(Number) });
    await darkroom.stop();
    expect(await stream.next('bye')).toEqual({ afterMs: expect.any(Number) });
    expect(await stream.closed).toBe('ended');
    for (const message of stream.inbox.all) expect(message.id !== undefined).toBe(message.event === 'message');
  });

  it('[S2] a ping comes every ten seconds, so that a page sees that the line is alive', async () => {
    const clock = new FakeClock();
    const { url } = await startManual({}, { clock });
    const { id } = await postJob(url);
    const stream = await openSse(eventsUrl(url, id));
    await stream.next('job');
    for (let count = 0; count < 10; count++) {
      clock.advance(LIMITS.heartbeatMs);
      await stream.next('ping');
    }
  });

  it('[S3] after end the server closes; who comes back at the end gets 204', async () => {
    const { url, id, head, epoch } = await withCompleted();
    const stream = await openSse(eventsUrl(url, id, '?after=1'));
    expect(await stream.next('end')).toEqual({ jobId: id, head, status: 'completed' });
    expect(await stream.closed).toBe('ended');
    expect(stream.inbox.all.at(-1)?.event).toBe('end');
    expect((await openSse(eventsUrl(url, id), { 'last-event-id': String(head) })).status).toBe(204);
    expect((await openSse(eventsUrl(url, id, `?after=${head}&epoch=${epoch}`))).status).toBe(204);
  });

  it('[S3] a job that failed and may be retried stays open, and shows the retry', async () => {
    const { url, provider } = await startManual();
    const { id } = await postJob(url);
    const stream = await openSse(eventsUrl(url, id));
    (await provider.nextRun()).end(new ProviderError('PROVIDER_TIMEOUT'));
    await eventually(() => stream.events.at(-1)?.stage === 'failed');
    await postAction(url, id, 'retry');
    await (await provider.nextRun()).finish();
    expect(await stream.next('end')).toMatchObject({ status: 'completed' });
    expect(stream.events.map(({ seq }) => seq)).toEqual(stream.events.map((_event, index) => index + 1));
  });

  it.each([
    ['another epoch', '?after=3&epoch=other', 'epoch'],
    ['another epoch, at the head', '?after=4&epoch=other', 'epoch'],
    ['a number beyond the head', '?after=99', 'ahead'],
  ])('[P3] a reader with %s gets reset and everything from the first', async (_what, query, reason) => {
    const { url, id, head, epoch } = await withCompleted();
    const stream = await openSse(eventsUrl(url, id, query));
    expect(await stream.next('reset')).toMatchObject({ reason, job: { id }, epoch, head });
    await stream.closed;
    expect(stream.events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  });

  it('[P3] a job that is not there is 404; one that is removed while it is read is said so', async () => {
    const { url, log } = await startManual();
    const answer = await fetch(eventsUrl(url, JOB));
    expect((await expectError(answer, 'NOT_FOUND', 'jobId')).status).toBe(404);
    const { id } = await postJob(url);
    const stream = await openSse(eventsUrl(url, id));
    await stream.next('job');
    await log.delete(id);
    expect(await stream.next('error')).toMatchObject({ error: { code: 'NOT_FOUND' } });
    expect(await stream.closed).toBe('ended');
  });

  it('[S4] while the server stops, a stream is 200, retry, bye and an end, not an error status', async () => {
    const darkroom = await startManual();
    const { id } = await postJob(darkroom.url);
    const open = await openSse(eventsUrl(darkroom.url, id));
    await open.next('job');
    await darkroom.stop();
    expect(await open.closed).toBe('ended');
    expect(open.text).toMatch(/\nretry: \d+\nevent: bye\ndata: \{"afterMs":\d+\}\n\n$/);
  });

  it('[S4] a rate limit does not stop a native EventSource for good either', async () => {
    const { url } = await startManual({ RATE_LIMIT: '2/hour' });
    const { id } = await postJob(url);
    await (await fetch(`${url}/api/jobs/${id}`)).text();
    const stream = await openSse(eventsUrl(url, id));
    expect(stream.status).toBe(200);
    expect(stream.headers['content-type']).toMatch(/^text\/event-stream/);
    await stream.next('bye');
    expect(await stream.closed).toBe('ended');
    expect(stream.text).toMatch(/^retry: \d+$/m);
  });

  it('[S5] is neither stored, transformed, buffered nor compressed', async () => {
    const { url, id } = await withCompleted();
    const { headers } = await openSse(eventsUrl(url, id), { 'accept-encoding': 'gzip, br' });
    expect(headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
    expect(headers).not.toHaveProperty('content-encoding');
    expect(headers).not.toHaveProperty('content-length');
  });

  it('a bad position is refused with the field’s name', async () => {
    const { url, id } = await withCompleted();
    await expectError(await fetch(eventsUrl(url, id, '?after=-1')), 'INVALID_REQUEST', 'after');
    await expectError(await fetch(eventsUrl(url, id, `?epoch=${'e'.repeat(33)}`)), 'INVALID_REQUEST', 'epoch');
  });
});
