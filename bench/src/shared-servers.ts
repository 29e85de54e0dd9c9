import { startPostgres } from '../../packages/server/src/testing/postgres-server.ts';
import { startRedis } from '../../packages/server/src/testing/redis-server.ts';

/** What several Darkrooms share, on this machine: PostgreSQL, every commit synced to disk, and Redis. */
export interface SharedServers {
  readonly redisUrl: string;
  /** The settings of a Darkroom that uses them. */
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export async function startSharedServers(): Promise<SharedServers> {
  const [postgres, redis] = await Promise.all([startPostgres({ fsync: 'on' }), startRedis()]);
  const { href } = await postgres.createDatabase();
  return {
    redisUrl: redis.url,
    environment: { DATABASE_URL: href, REDIS_URL: redis.url },
    stop: async () => {
      await Promise.all([postgres.remove(), redis.stop()]);
    },
  };
}
