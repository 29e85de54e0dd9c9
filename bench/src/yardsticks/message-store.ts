/** Yardstick: bare `node:http` over bare `node:sqlite`: the newest messages of one conversation among others, put together at every request. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { serve } from '../remote.ts';

const folder = mkdtempSync(join(tmpdir(), 'darkroom-yardstick-'));
const db = new DatabaseSync(join(folder, 'messages.sqlite'));
db.exec(`pragma journal_mode = wal;
  create table messages (id integer primary key, conversation text, json text);
  create index by_place on messages (conversation, id)`);
const put = db.prepare('insert into messages (conversation, json) values (?, ?)');
const newest = db.prepare('select json from messages where conversation = ? order by id desc limit ?');

const server = createServer((request, response) => {
  const [, conversation, limit] = request.url?.split('/') ?? [];
  const rows = newest.all(conversation ?? '', Number(limit)).reverse();
  const body = JSON.stringify({ messages: rows.map((row) => JSON.parse(String(row['json']))) });
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body);
});
server.listen({ port: 0, host: '127.0.0.1' });
await once(server, 'listening');

const methods = {
  open: ({ count, sample }: { count: number; sample: unknown }) => {
    const json = JSON.stringify(sample);
    db.exec('begin');
    for (let index = 0; index < count; index++)
      for (const conversation of ['one', 'other']) put.run(conversation, json);
    db.exec('commit');
    return (server.address() as AddressInfo).port;
  },
};
export type MessageStoreYardstick = typeof methods;

serve(methods, () => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});
