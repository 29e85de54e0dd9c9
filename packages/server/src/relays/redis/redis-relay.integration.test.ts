import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { RedisConnection } from '../../redis-connection.ts';
import { registerRelayContract } from '../../relay.contract.ts';
import type { RelayNotice } from '../../relay.ts';
import { eventually } from '../../testing/eventually.ts';
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

  it('one notice that it does not understand costs none of the others in its message', async () => {
    const prefix = `test-${tests++}`;
    const relay = await openRelay(prefix);
    const heard: RelayNotice[] = [];
    relay.subscribe((notice) => heard.push(notice));
    const other = await RedisConnection.open(server.url, { prefix });
    onTestFinished(() => other.close());
    const known = { jobId: 'a', head: 1 };
    const messages = [[{ jobId: 7 }, known, null, { planetId: 'x' }], 'no list', [known]];
    for (const message of messages)
      await other.commands.publish(`${prefix}:relay`, `another-process ${JSON.stringify(message)}`);
    await eventually(() => heard.length >= 2);
    expect(heard).toEqual([known, known]);
  });
});
