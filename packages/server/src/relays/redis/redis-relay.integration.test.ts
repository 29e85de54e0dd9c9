import { afterAll, beforeAll, describe, onTestFinished } from 'vitest';
import { RedisConnection } from '../../redis-connection.ts';
import { registerRelayContract } from '../../relay.contract.ts';
import { skipReason } from '../../testing/machine.ts';
import { type RedisServer, startRedis } from '../../testing/redis-server.ts';
import { RedisRelay } from './redis-relay.ts';

const skip = skipReason('redis-server');

describe.skipIf(skip !== undefined)(`RedisRelay${skip === undefined ? '' : ` (${skip})`}`, () => {
  let server: RedisServer;
  let tests = 0;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.stop());

  async function openRelay(prefix: string): Promise<RedisRelay> {
    const connection = await RedisConnection.open(server.url, { prefix });
    const relay = await RedisRelay.open(connection);
    onTestFinished(async () => {
      await relay.close();
      await connection.close();
    });
    return relay;
  }

  registerRelayContract({
    name: 'RedisRelay',
    createPair: async () => {
      const prefix = `test-${tests++}`;
      return [await openRelay(prefix), await openRelay(prefix)];
    },
  });
});
