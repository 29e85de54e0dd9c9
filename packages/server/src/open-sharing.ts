import type { Logger } from 'pino';
import type { Breakers } from './breaker.ts';
import { InProcessBreakers } from './breakers/in-process/in-process-breakers.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import type { Queue } from './queue.ts';
import { InProcessQueue } from './queues/in-process/in-process-queue.ts';
import type { RedisConnection, RedisConnectionOptions } from './redis-connection.ts';
import type { Relay } from './relay.ts';
import { InProcessRelay } from './relays/in-process/in-process-relay.ts';

/** What processes share besides the storage. */
export interface Sharing {
  readonly queue: Queue;
  readonly relay: Relay;
  readonly breakers: Breakers;
  /** Undefined: this is the only process. */
  readonly redis: RedisConnection | undefined;
}

/** How long Redis may take before it counts as away; default that of `redis-connection.ts`. */
export type RedisPatience = Pick<RedisConnectionOptions, 'impatientMs'>;

/** Connects to the Redis that `redisUrl` names; without one, all of it is inside this process. */
export async function openSharing(
  { redisUrl }: Config,
  clock: Clock,
  logger: Logger,
  patience?: RedisPatience,
): Promise<Sharing> {
  if (redisUrl === undefined) {
    const breakers = new InProcessBreakers(clock);
    return { queue: new InProcessQueue(), relay: new InProcessRelay(), breakers, redis: undefined };
  }
  // Loaded only here: BullMQ and ioredis are some hundreds of files that a server without Redis does not need.
  const [{ RedisConnection }, { BullmqQueue }, { RedisRelay }, { RedisBreakers }] = await Promise.all([
    import('./redis-connection.ts'),
    import('./queues/bullmq/bullmq-queue.ts'),
    import('./relays/redis/redis-relay.ts'),
    import('./breakers/redis/redis-breakers.ts'),
  ]);
  const redis = await RedisConnection.open(redisUrl.href, {
    ...patience,
    onChange: (isUp, reason) =>
      isUp ? logger.info('Redis is connected') : logger.warn({ reason }, 'Redis is gone: going on without it'),
  });
  return {
    queue: await BullmqQueue.open(redis),
    relay: await RedisRelay.open(redis),
    breakers: await RedisBreakers.open(redis, clock),
    redis,
  };
}
