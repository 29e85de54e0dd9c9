import { CLOSE, LIMITS } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { getSnapshot, postJob, startManual } from '../../testing/api.ts';
import { eventually } from '../../testing/eventually.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { readFigures } from '../../testing/metrics-reader.ts';
import { openSocket } from '../../testing/socket-reader.ts';
import { openSse } from '../../testing/sse-reader.ts';

/** More than the system keeps for a connection whose reader does not read. */
const EVENTS = 1_000;
const EVENT_BYTES = 20_000;

const STALLED = 'live_connections_closed_total{transport="ws",reason="stalled"}';

/** A job whose log is larger than any network buffer. */
async function withHugeLog(clock?: FakeClock) {
  const server = await startManual({}, clock === undefined ? {} : { clock });
  const { id } = await postJob(server.url);
  await server.provider.nextRun();
  const upstreamId = 'x'.repeat(EVENT_BYTES);
  const write = async (from: number, count: number) => {
    await Promise.all(
      Array.from({ length: count }, (_none, index) =>
        server.log.append(id, from + index, { type: 'accept', upstreamId }),
      ),
    );
  };
  return { ...server, id, write };
}

const upTo = (head: number) => Array.from({ length: head }, (_none, index) => index + 1);

describe('A reader that does not read', () => {
  it('[B1] is paused while others get everything, then gets everything itself', async () => {
    const { url, id, write, log } = await withHugeLog();
    const slow = await openSocket(url);
    await slow.next('hello');
    slow.ws.pause();
    slow.send({ type: 'subscribe', jobId: id });
    const quick = await openSocket(url);
    quick.send({ type: 'subscribe', jobId: id });
    for (let batch = 0; batch < EVENTS / 50; batch++) await write(2 + batch * 50, 50);
    await log.appendAtHead(id, { type: 'cancel' });
    const head = EVENTS + 3;
    await quick.next('end', id);
    expect(quick.events.map(({ seq }) => seq)).toEqual(upTo(head));
    expect(slow.events.length).toBe(0);
    slow.ws.resume();
    await slow.next('end', id);
    expect(slow.events.map(({ seq }) => seq)).toEqual(upTo(head));
  });

  it('[B2] is closed after thirty seconds without a byte, and comes back at its position', async () => {
    const clock = new FakeClock();
    const { url, id, write, log } = await withHugeLog(clock);
    const slow = await openSocket(url);
    await slow.next('hello');
    slow.ws.pause();
    slow.send({ type: 'subscribe', jobId: id });
    const stream = await openSse(`${url}/api/jobs/${id}/events`);
    await stream.next('job');
    await write(2, EVENTS);
    await log.appendAtHead(id, { type: 'cancel' });
    await stream.next('end');
    // The hub looks at each connection every ten seconds; the half minute begins once the network takes no more.
    await eventually(async () => {
      clock.advance(LIMITS.heartbeatMs);
      return (await readFigures(url, 'live_connections_closed'))[STALLED] === 1;
    });
    slow.ws.resume();
    const { code } = await slow.closed;
    expect([CLOSE.slow, 1006]).toContain(code);
    const seen = slow.events.map(({ seq }) => seq);
    expect(seen.length).toBeLessThan(EVENTS);
    expect(seen).toEqual(upTo(seen.length));
    const back = await openSocket(url);
    back.send({ type: 'subscribe', jobId: id, afterSeq: seen.length });
    await back.next('end', id);
    expect([...seen, ...back.events.map(({ seq }) => seq)]).toEqual(upTo(EVENTS + 3));
  });

  it('[B1][W6] is answered when it reads again', async () => {
    const { url, id, write } = await withHugeLog();
    const slow = await openSocket(url);
    await slow.next('hello');
    slow.ws.pause();
    slow.send({ type: 'subscribe', jobId: id });
    await write(2, EVENTS);
    await eventually(async () => (await readFigures(url, 'live_readers_paused'))['live_readers_paused'] === 1);
    slow.send({ type: 'ping' });
    slow.ws.resume();
    await slow.next('pong');
    await eventually(() => slow.events.length === EVENTS + 2);
  });

  it('[B1] is not read from while much is queued for it, and is answered later', async () => {
    const clock = new FakeClock();
    const { url, id, write } = await withHugeLog(clock);
    const slow = await openSocket(url);
    await slow.next('hello');
    slow.ws.pause();
    slow.send({ type: 'subscribe', jobId: id });
    await write(2, EVENTS);
    let pongs = 0;
    slow.ws.on('pong', () => pongs++);
    let pings = 0;
    const ping = async () => {
      clock.advance(1_000);
      for (let count = 0; count < LIMITS.socketMessagesPerSecond; count++, pings++) slow.ws.ping(Buffer.alloc(125));
    };
    const isHeld = async () => (await readFigures(url, 'live_readers_held'))['live_readers_held'] === 1;
    const received = async () =>
      (await readFigures(url, 'live_messages_received'))['live_messages_received_total'] ?? 0;
    while (!(await isHeld())) {
      await ping();
      await eventually(async () => (await isHeld()) || (await received()) === pings + 1);
    }
    const before = await received();
    await ping();
    await getSnapshot(url, id);
    expect(await received()).toBe(before);
    slow.ws.resume();
    await eventually(() => pongs === pings && slow.events.length === EVENTS + 2);
    expect(await isHeld()).toBe(false);
  });

  it('[W8] is closed when the server stops', async () => {
    const { url, id, write, stop } = await withHugeLog();
    const slow = await openSocket(url);
    await slow.next('hello');
    slow.ws.pause();
    slow.send({ type: 'subscribe', jobId: id });
    await write(2, EVENTS);
    await eventually(async () => (await readFigures(url, 'live_readers_paused'))['live_readers_paused'] === 1);
    await stop();
    slow.ws.resume();
    await slow.closed;
  });

  it('[B1] on an event stream is paused and drains completely too', async () => {
    const { url, id, write, log } = await withHugeLog();
    const stream = await openSse(`${url}/api/jobs/${id}/events`);
    stream.pause();
    await write(2, EVENTS);
    await log.appendAtHead(id, { type: 'cancel' });
    const quick = await openSocket(url);
    quick.send({ type: 'subscribe', jobId: id, afterSeq: EVENTS });
    await quick.next('end', id);
    expect(stream.events.length).toBeLessThan(EVENTS);
    stream.resume();
    await stream.closed;
    await eventually(() => stream.inbox.all.at(-1)?.event === 'end');
    expect(stream.events.map(({ seq }) => seq)).toEqual(upTo(EVENTS + 3));
  });
});
