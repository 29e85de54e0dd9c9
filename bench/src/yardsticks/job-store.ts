/**
 * Yardstick: bare `node:http` over bare `node:sqlite` with Darkroom's durability. A job is what it is there, too:
 * four transactions of an event and the job's row, the first before the answer, and a file before the last.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { serve } from '../remote.ts';

const folder = mkdtempSync(join(tmpdir(), 'darkroom-yardstick-'));
const db = new DatabaseSync(join(folder, 'jobs.sqlite'));
db.exec(`pragma journal_mode = wal; pragma synchronous = full;
  create table jobs (id text primary key, json text) without rowid;
  create table events (job text, seq integer, json text, primary key (job, seq)) without rowid;`);
const putJob = db.prepare('insert or replace into jobs values (?, ?)');
const putEvent = db.prepare('insert into events values (?, ?, ?)');
const getJob = db.prepare('select json from jobs where id = ?');

function write(id: string, seq: number, status: string): string {
  const json = JSON.stringify({ job: { id, status, lastEventSeq: seq, updatedAt: new Date().toISOString() } });
  db.exec('begin immediate');
  putJob.run(id, json);
  putEvent.run(id, seq, json);
  db.exec('commit');
  return json;
}

async function finish(id: string): Promise<void> {
  write(id, 2, 'running');
  write(id, 3, 'uploading');
  await writeFile(join(folder, `${id}.png`), randomBytes(70));
  write(id, 4, 'completed');
}

async function answer(request: IncomingMessage): Promise<string> {
  if (request.method === 'GET') return String(getJob.get(request.url?.split(/[/?]/)[3] ?? '')?.['json']);
  for await (const chunk of request) JSON.parse(String(chunk));
  const id = randomBytes(16).toString('base64url');
  const json = write(id, 1, 'queued');
  setImmediate(() => finish(id));
  return json;
}

const server = createServer(async (request, response) => {
  const body = await answer(request);
  response.writeHead(request.method === 'GET' ? 200 : 201, { 'content-length': Buffer.byteLength(body) }).end(body);
});
server.listen({ port: 0, host: '127.0.0.1' });
await once(server, 'listening');

const methods = { open: () => (server.address() as AddressInfo).port };
export type JobStoreYardstick = typeof methods;

serve(methods, () => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});
