/** Yardstick: a bare `node:http` server that writes each event to every response. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { drive, vitals } from '../drive.ts';
import type { LiveServer } from '../live-server.ts';
import { serve } from '../remote.ts';

const clients = new Set<ServerResponse>();
const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
  clients.add(response);
  response.on('close', () => clients.delete(response));
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
await once(server, 'listening');
const { port } = server.address() as AddressInfo;
let like = '';
let seq = 0;

serve<LiveServer>({
  ...vitals,
  open: (event) => {
    like = event;
    return { port, jobId: '', head: 0, readyText: '\r\n\r\n' };
  },
  drive: (plan) =>
    drive(plan, (events) => {
      for (let i = 0; i < events; i++) {
        const text = `id: ${++seq}\ndata: ${like.replace(/"seq":\d+/, `"seq":${seq}`)}\n\n`;
        for (const client of clients) client.write(text);
      }
    }),
});
