import { expect, it } from 'vitest';
import { spawnClockedServer } from '../testing/child-server.ts';
import { eventuallyEqual } from '../testing/eventually.ts';
import { readFigures, readMetrics } from '../testing/metrics-reader.ts';
import { openRaw, requestHead } from '../testing/raw-connection.ts';
import { tempFolder } from '../testing/temp-folder.ts';

const CONNECTIONS = 20;
/** Chunks of one byte in each body: as many as JSON may have. As a list of buffers, all of them would take 500 MB. */
const CHUNKS = 60_000;
const CHUNK = '1\r\n \r\n';
const MAX_GROWTH_BYTES = 100_000_000;

it.each([
  ['/api/jobs', 'application/json'],
  ['/api/uploads', 'image/png'],
])('a body in pieces of one byte costs little more memory than its bytes (%s)', async (path, type) => {
  const { url } = await spawnClockedServer({ DATA_DIR: await tempFolder(), PROVIDERS: 'sketch:' });
  await readMetrics(url);
  const memory = async () => (await readMetrics(url)).get('process_resident_memory_bytes') ?? Number.NaN;
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => openRaw(url)));
  const before = await memory();
  const headers = { 'Content-Type': type, 'Transfer-Encoding': 'chunked' };
  // An address may have as much memory for uploads as three of unknown length take.
  const used = path === '/api/uploads' ? connections.slice(0, 3) : connections;
  for (const connection of used) connection.write(requestHead(url, `POST ${path}`, headers));
  await eventuallyEqual(() => readFigures(url, 'http_bodies'), { http_bodies_receiving: used.length });
  for (const connection of used) connection.write(CHUNK.repeat(CHUNKS * (connections.length / used.length)));
  await eventuallyEqual(() => readFigures(url, 'http_bodies'), {
    http_bodies_receiving: used.length,
    http_bodies_receiving_bytes: CONNECTIONS * CHUNKS * CHUNK.length,
  });
  expect((await memory()) - before).toBeLessThan(MAX_GROWTH_BYTES);
});
