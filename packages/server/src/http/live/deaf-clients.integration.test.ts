import { LIMITS } from '@darkroom/protocol';
import { expect, it } from 'vitest';
import { startManual } from '../../testing/api.ts';
import { spawnClockedServer } from '../../testing/child-server.ts';
import { type DeafSocket, openDeafSocket } from '../../testing/deaf-socket.ts';
import { eventually, eventuallyEqual } from '../../testing/eventually.ts';
import { readFigures, readMetrics } from '../../testing/metrics-reader.ts';
import { openSocket } from '../../testing/socket-reader.ts';
import { tempFolder } from '../../testing/temp-folder.ts';

const SOCKETS = 500;
/** Memory that all of them together may cost the server. */
const MAX_GROWTH_BYTES = 200_000_000;
/** All of a socket's jobs have more events in memory than the system keeps for a connection that is not read. */
const EVENTS = 12;
const EVENT_BYTES = 20_000;
/** Messages that a socket sends each second: as many as it may. */
const PER_SECOND = LIMITS.socketMessagesPerSecond;
const SECONDS = 20;

/** Makes as many jobs with long histories as a socket may read; returns their ids. */
async function makeJobs(DATA_DIR: string): Promise<readonly string[]> {
  const { jobs, log, provider, stop } = await startManual({ DATA_DIR });
  const create = async () => {
    const result = await jobs.create({ prompt: 'a lighthouse' });
    if (!result.ok) throw new Error(`refused: ${result.reason}`);
    return result.job.id;
  };
  // It occupies the only backend.
  const first = await create();
  await provider.nextRun();
  const ids: string[] = [];
  for (let count = 0; count < LIMITS.subscriptionsPerSocket; count++) {
    const id = await create();
    await log.append(id, 1, { type: 'start', provider: 'scripted' });
    const change = { type: 'accept', upstreamId: 'x'.repeat(EVENT_BYTES) } as const;
    await Promise.all(Array.from({ length: EVENTS }, (_none, index) => log.append(id, 2 + index, change)));
    await log.appendAtHead(id, { type: 'cancel' });
    ids.push(id);
  }
  await log.appendAtHead(first, { type: 'cancel' });
  await stop();
  return ids;
}

/** Reads all jobs to their ends, so that the server has their histories in memory. */
async function readAll(url: string, jobIds: readonly string[]): Promise<void> {
  const socket = await openSocket(url);
  for (const jobId of jobIds) socket.send({ type: 'subscribe', jobId });
  for (const jobId of jobIds)
    await eventually(() => socket.inbox.all.some((m) => m.type === 'end' && m.jobId === jobId));
  socket.cut();
}

const memoryOf = async (url: string) => (await readMetrics(url)).get('process_resident_memory_bytes') ?? Number.NaN;

/** What a client that is up to no good sends in a second. */
function pester(socket: DeafSocket, jobId: string): void {
  socket.send({ type: 'unsubscribe', jobId });
  socket.send({ type: 'subscribe', jobId });
  socket.send({ type: 'dance' });
  for (let count = 3; count < PER_SECOND; count++) socket.ping();
}

it('[B1][B2] 500 clients that send and never read cost less than 200 MB, until they are closed', async () => {
  const DATA_DIR = await tempFolder();
  const jobIds = await makeJobs(DATA_DIR);
  const { url, advance } = await spawnClockedServer({ DATA_DIR, PROVIDERS: 'sketch:' });
  await readAll(url, jobIds);
  await eventuallyEqual(() => readFigures(url, 'live_connections{'), {});
  const before = await memoryOf(url);
  const { live_messages_received_total: received = 0 } = await readFigures(url, 'live_messages_received_total');

  const sockets = await Promise.all(Array.from({ length: SOCKETS }, () => openDeafSocket(url)));
  for (const socket of sockets) for (const jobId of jobIds) socket.send({ type: 'subscribe', jobId });
  await eventuallyEqual(() => readFigures(url, 'live_readers_paused'), { live_readers_paused: SOCKETS });
  let most = await memoryOf(url);
  for (let second = 1; second <= SECONDS; second++) {
    advance(1_000);
    for (const socket of sockets) pester(socket, jobIds[second] ?? '');
    await eventuallyEqual(() => readFigures(url, 'live_messages_received_total'), {
      live_messages_received_total: received + SOCKETS * (jobIds.length + second * PER_SECOND),
    });
    most = Math.max(most, await memoryOf(url));
  }
  expect(await readFigures(url, 'live_connections{')).toEqual({ 'live_connections{transport="ws"}': SOCKETS });
  expect(await readFigures(url, 'live_readers_paused')).toEqual({ live_readers_paused: SOCKETS });
  expect(most - before).toBeLessThan(MAX_GROWTH_BYTES);

  for (let ms = 0; ms < LIMITS.readerStallMs + LIMITS.heartbeatMs; ms += 1_000) advance(1_000);
  await eventuallyEqual(() => readFigures(url, 'live_connections{'), {});
  const closed = await readFigures(url, 'live_connections_closed_total{transport="ws",reason="stalled"}');
  expect(Object.values(closed)).toEqual([SOCKETS]);
});
