/** Yardstick: a bare `ws` server that sends each event to every socket with `send(string)`. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { drive, vitals } from '../drive.ts';
import type { LiveServer } from '../live-server.ts';
import { serve } from '../remote.ts';

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false, backlog: 4096 });
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
        const text = `{"type":"event","event":${like.replace(/"seq":\d+/, `"seq":${++seq}`)}}`;
        for (const client of server.clients) client.send(text);
      }
    }),
});
