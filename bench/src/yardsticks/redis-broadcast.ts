/** Yardstick: a bare `ws` server that sends what Redis publishes to every socket with `send(string)`. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { RedisConnection } from '../../../packages/server/src/redis-connection.ts';
import { vitals } from '../drive.ts';
import { serve } from '../remote.ts';

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false, backlog: 4096 });
await once(server, 'listening');
const { port } = server.address() as AddressInfo;

const methods = {
  ...vitals,
  /** Begins to listen to a channel; answers its port. */
  open: async ({ redisUrl, channel }: { redisUrl: string; channel: string }) => {
    const connection = await RedisConnection.open(redisUrl);
    await connection.listen(channel, (text) => {
      for (const client of server.clients) client.send(text);
    });
    return port;
  },
};
export type RedisBroadcast = typeof methods;

serve(methods);
