/** Yardstick: a bare `node:http` server that answers every request with the same bytes, headers and body. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '../remote.ts';

let answer: { readonly headers: Record<string, string>; readonly body: string } = { headers: {}, body: '' };
const server = createServer((_request, response) => {
  response.writeHead(200, answer.headers);
  response.end(answer.body);
});
server.listen({ port: 0, host: '127.0.0.1' });
await once(server, 'listening');

const methods = {
  open: (like: typeof answer) => {
    answer = like;
    return (server.address() as AddressInfo).port;
  },
};
export type JsonAnswer = typeof methods;

serve(methods);
