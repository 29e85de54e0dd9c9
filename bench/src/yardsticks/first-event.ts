/** Yardstick: bare `node:http` and `ws`; a POST answers an id, a subscription is answered with an event, nothing is stored. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { serve } from '../remote.ts';

const server = createServer(async (request, response) => {
  for await (const chunk of request) JSON.parse(String(chunk));
  response.end(JSON.stringify({ job: { id: randomBytes(16).toString('base64url') } }));
});
new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket) => {
  socket.on('message', (data) => {
    const { jobId } = JSON.parse(String(data));
    socket.send(JSON.stringify({ type: 'event', event: { id: `${jobId}.1`, jobId, seq: 1, stage: 'queued' } }));
  });
});
server.listen({ port: 0, host: '127.0.0.1' });
await once(server, 'listening');

const methods = { open: () => (server.address() as AddressInfo).port };
export type FirstEventYardstick = typeof methods;

serve(methods);
