/** Yardstick: publishes events over Redis, and does nothing else. */
import { RedisConnection } from '../../../packages/server/src/redis-connection.ts';
import { drive } from '../drive.ts';
import type { LiveServer } from '../live-server.ts';
import { serve } from '../remote.ts';

let connection: RedisConnection | undefined;
let like = '';
let channel = '';
let seq = 0;

async function publish(events: number): Promise<void> {
  const published = Array.from({ length: events }, () => {
    const text = `{"type":"event","event":${like.replace(/"seq":\d+/, `"seq":${++seq}`)}}`;
    return connection?.commands.publish(channel, text);
  });
  await Promise.all(published);
}

const methods = {
  /** `like`: the JSON of an event, to send the same bytes. */
  open: async ({ redisUrl, like: event }: { redisUrl: string; like: string }) => {
    connection = await RedisConnection.open(redisUrl);
    like = event;
  },
  /** Events go to this channel from now on. */
  use: (name: string) => {
    channel = name;
  },
  drive: (plan: Parameters<LiveServer['drive']>[0]) => drive(plan, publish),
};
export type RedisPublisher = typeof methods;

serve(methods);
