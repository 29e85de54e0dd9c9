import { HealthResponse, IdentityLinkResponse, ProvidersResponse } from '@darkroom/protocol';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { PLACEHOLDER_URL } from './jobs/image-address.ts';
import { ProviderError } from './provider-error.ts';
import { getSnapshot, postAction, postJob, postJson, startManual } from './testing/api.ts';
import { eventually } from './testing/eventually.ts';
import { FakeClock } from './testing/fake-clock.ts';
import { skipReason } from './testing/machine.ts';
import { readMetrics } from './testing/metrics-reader.ts';
import { type RedisServer, startRedis } from './testing/redis-server.ts';
import { createSharedDatabase } from './testing/shared-postgres.ts';
import { openSocket } from './testing/socket-reader.ts';
import { startDarkroom } from './testing/test-darkroom.ts';
import { createVisitor } from './testing/visitor.ts';

const skip = skipReason('redis-server') ?? skipReason('postgres');

/** No answer of Redis comes so late that a process would go on without it. */
const PATIENT = { impatientMs: 60_000 };

describe.skipIf(skip !== undefined)(`Processes on one PostgreSQL and one Redis${skip ? ` (${skip})` : ''}`, () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.stop());

  /** A busy machine may start a server before it is connected to Redis. */
  const untilConnected = (url: string) =>
    eventually(async () => (await readMetrics(url)).get('darkroom_relay_up') === 1);

  /** An empty Redis, and servers on it and on a database of their own, each with a backend that the test steers. */
  async function setUp<Count extends 1 | 2>(count: Count) {
    await redis.kill();
    await redis.start();
    const database = await createSharedDatabase();
    const start = async () => {
      const server = await startManual({ DATABASE_URL: database.href, REDIS_URL: redis.url }, { redis: PATIENT });
      await untilConnected(server.url);
      return server;
    };
    const first = await start();
    return [first, count === 1 ? first : await start()] as const;
  }

  it('each job is done once, by whichever process has a hand free, and every process tells of it', async () => {
    const [one, two] = await setUp(2);
    const first = await postJob(one.url);
    const second = await postJob(one.url);
    const runs = await Promise.all([one.provider.nextRun(), two.provider.nextRun()]);
    await Promise.all(runs.map((run) => run.finish()));
    for (const { id } of [first, second])
      for (const { url } of [one, two])
        await eventually(async () => (await getSnapshot(url, id)).job.status === 'completed');
    expect([one.provider.running, two.provider.running]).toEqual([0, 0]);
  });

  it.each(['with', 'without'])('a cancel reaches the process that works, %s Redis', async (how) => {
    const [one, two] = await setUp(2);
    const { id } = await postJob(one.url);
    const run = await Promise.race([one.provider.nextRun(), two.provider.nextRun()]);
    const other = one.provider.running === 1 ? two : one;
    if (how === 'without') await redis.kill();
    await postAction(other.url, id, 'cancel');
    await run.released;
    expect(run.signal.aborted).toBe(true);
  });

  it('without Redis every process answers, reads what others wrote, and says so; what was made meanwhile is done', async () => {
    const [one, two] = await setUp(2);
    await redis.kill();
    const { id } = await postJob(one.url);
    expect((await getSnapshot(two.url, id)).job.status).toBe('queued');
    const health = HealthResponse.parse(await (await fetch(`${two.url}/api/health`)).json());
    expect(health).toMatchObject({ queue: { ok: false }, relay: { ok: false }, storage: { ok: true } });
    await redis.start();
    const run = await Promise.race([one.provider.nextRun(), two.provider.nextRun()]);
    await run.finish();
    for (const { url } of [one, two])
      await eventually(async () => (await getSnapshot(url, id)).job.status === 'completed');
  });

  it('every waiting job is put back, once, when Redis comes back empty; what runs goes on', async () => {
    const [one] = await setUp(1);
    const jobs = [];
    for (let index = 0; index < 5; index++) jobs.push(await postJob(one.url));
    const run = await one.provider.nextRun();
    await redis.kill();
    await redis.start();
    await run.finish();
    for (let index = 1; index < 5; index++) await (await one.provider.nextRun()).finish();
    for (const { id } of jobs) {
      await eventually(async () => (await getSnapshot(one.url, id)).job.status === 'completed');
      expect((await getSnapshot(one.url, id)).job.attempt).toBe(1);
    }
    expect(one.provider.requests).toHaveLength(5);
  });

  it('[C4] jobs sent to two processes at the same moment stand in one line without gaps, and both tell the same', async () => {
    const [one, two] = await setUp(2);
    for (const { url } of [one, two]) await postJob(url);
    await Promise.all([one.provider.nextRun(), two.provider.nextRun()]);
    const jobs = await Promise.all(Array.from({ length: 12 }, (_none, index) => postJob((index % 2 ? one : two).url)));
    const placesAt = ({ url }: { url: string }) =>
      Promise.all(jobs.map(async ({ id }) => (await getSnapshot(url, id)).queue?.position ?? 0));
    const places = await placesAt(one);
    expect(places.toSorted((a, b) => a - b)).toEqual(jobs.map((_job, index) => index + 1));
    expect(await placesAt(two)).toEqual(places);
  });

  it('[C8] [M8] who is signed in is the same person at every process, and hears everywhere of what was said anywhere', async () => {
    const shared = { DATABASE_URL: (await createSharedDatabase()).href, REDIS_URL: redis.url };
    const environment = { ...shared, TRUST_PROXY: 'true', USER_HEADER: 'remote-user' };
    const [one, two] = [await startManual(environment), await startManual(environment)];
    const [desk, phone] = [one, two].map(({ url }) => createVisitor(url, { 'remote-user': 'jane' }));
    const socket = await openSocket(two.url, { 'remote-user': 'jane' });
    const id = (await desk?.converse())?.id ?? '';
    expect((await socket.next('conversation')).conversationId).toBe(id);
    await desk?.say(id, { content: 'draw a cat' });
    await socket.next('conversation');
    expect(await phone?.messages(id)).toHaveLength(2);
  });

  it('[P1] a reader goes on at another process where it was, and misses and repeats nothing', async () => {
    const [one, two] = await setUp(2);
    const { id } = await postJob(one.url);
    const run = await Promise.race([one.provider.nextRun(), two.provider.nextRun()]);
    let [position, read]: [{ afterSeq?: number; epoch?: string }, number[]] = [{}, []];
    for (let step = 1; step <= 4; step++) {
      const socket = await openSocket((step % 2 ? one : two).url);
      socket.send({ type: 'subscribe', jobId: id, ...position });
      const { epoch } = await socket.next('subscribed', id);
      await run.step(step);
      await eventually(() => socket.events.at(-1)?.step === step);
      read = [...read, ...socket.events.map(({ seq }) => seq)];
      position = { afterSeq: read.at(-1) ?? 0, epoch };
      socket.cut();
    }
    expect(read).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('[R12] a link of one process works at the others, once at all of them; both devices hear the same news', async () => {
    const [one, two] = await setUp(2);
    const desktop = createVisitor(one.url);
    const conversation = await desktop.converse();
    const answer = await desktop.ask('POST', '/api/identity/link', {});
    const { token } = IdentityLinkResponse.parse(await answer.json());
    const phones = [one, two, one, two].map(({ url }) => createVisitor(url));
    const adopted = await Promise.all(phones.map((phone) => phone.ask('POST', '/api/identity/adopt', { token })));
    expect(adopted.map(({ status }) => status).toSorted()).toEqual([200, 410, 410, 410]);
    const phone = createVisitor(two.url, phones.find(({ headers }) => headers['cookie'] !== undefined)?.headers);
    const socket = await openSocket(two.url, phone.headers);
    await desktop.say(conversation.id, { content: 'hello' });
    expect((await socket.next('conversation')).conversationId).toBe(conversation.id);
    expect(await phone.messages(conversation.id)).toHaveLength(2);
  });

  it('[B8] an address has one budget at all gateways; without Redis it has one at each', async () => {
    const database = await createSharedDatabase();
    const environment = { DATABASE_URL: database.href, REDIS_URL: redis.url, ROLE: 'gateway', RATE_LIMIT: '6/hour' };
    const [one, two] = [
      await startDarkroom(environment, { redis: PATIENT }),
      await startDarkroom(environment, { redis: PATIENT }),
    ];
    onTestFinished(async () => void (await Promise.all([one.stop(), two.stop()])));
    const ask = async ({ url }: { url: string }) => (await fetch(`${url}/api/jobs`)).status;
    let [allowed, refused] = [0, 0];
    for (; refused < 2; allowed += 2 - refused)
      refused = [await ask(one), await ask(two)].filter((status) => status === 429).length;
    expect(allowed).toBe(6);
    await redis.kill();
    for (const gateway of [one, two]) {
      expect(await ask(gateway)).toBe(200);
      await eventually(async () => (await ask(gateway)) === 429);
    }
    await redis.start();
  });

  it('[R13] an identity has one number of unfinished jobs at all gateways, an address one at each', async () => {
    const shared = { DATABASE_URL: (await createSharedDatabase()).href, REDIS_URL: redis.url };
    const environment = { ...shared, TRUST_PROXY: 'true', MAX_QUEUED_PER_CLIENT: '2' };
    const [one, two] = [await startManual(environment), await startManual(environment)];
    const visitor = createVisitor(one.url);
    await visitor.converse();
    const ask = async ({ url }: { url: string }, address: string, headers = {}) =>
      (await postJson(`${url}/api/jobs`, { prompt: 'a' }, { 'x-forwarded-for': address, ...headers })).status;
    const mine: number[] = [];
    for (const gateway of [one, two, one, two])
      mine.push(await ask(gateway, `203.0.113.${mine.length}`, visitor.headers));
    expect(mine).toEqual([201, 201, 429, 429]);
    const theirs: number[] = [];
    for (const gateway of [one, one, one, two, two, two]) theirs.push(await ask(gateway, '198.51.100.1'));
    expect(theirs).toEqual([201, 201, 429, 201, 201, 429]);
  });

  it('[C7] a backend that two workers have: they count its failures together, rest together, and send one job to try', async () => {
    await redis.kill();
    await redis.start();
    const clock = new FakeClock();
    const environment = {
      DATABASE_URL: (await createSharedDatabase()).href,
      REDIS_URL: redis.url,
      BREAKER_FAILURES: '4',
    };
    const workers = [
      await startManual(environment, { clock, redis: PATIENT }),
      await startManual(environment, { clock, redis: PATIENT }),
    ];
    const gateway = await startDarkroom({ ...environment, ROLE: 'gateway' }, { clock, redis: PATIENT });
    onTestFinished(() => gateway.stop());
    const shown = async () => ProvidersResponse.parse(await (await fetch(`${gateway.url}/api/providers`)).json());
    const until = (breaker: string) => eventually(async () => (await shown()).providers[0]?.breaker === breaker);
    const stateOf = async (id: string) => {
      // By itself it would find out what it was not notified of with the clock, which stands still.
      await gateway.log.catchUp();
      return (await getSnapshot(gateway.url, id)).job.status;
    };
    const asked = () => workers.reduce((sum, { provider }) => sum + provider.requests.length, 0);
    for (const { url } of [...workers, gateway]) await untilConnected(url);
    await until('closed');

    for (let failures = 0; failures < 4; failures += 2) {
      const jobs = [await postJob(gateway.url), await postJob(gateway.url)];
      const runs = await Promise.all(workers.map(({ provider }) => provider.nextRun()));
      for (const run of runs) run.end(new ProviderError('NETWORK_DISCONNECTED'));
      for (const { id } of jobs) await eventually(async () => (await stateOf(id)) === 'failed');
    }
    await until('open');
    expect((await shown()).providers).toMatchObject([
      { ok: false, retryAt: new Date(clock.now() + 60_000).toISOString() },
    ]);
    const { id: refused } = await postJob(gateway.url);
    await eventually(async () => (await stateOf(refused)) === 'failed');
    expect((await getSnapshot(gateway.url, refused)).job).toMatchObject({
      previewUrl: PLACEHOLDER_URL,
      error: { retryable: true },
    });
    expect(asked()).toBe(4);

    clock.advance(60_000);
    await until('half-open');
    const jobs = [await postJob(gateway.url), await postJob(gateway.url)];
    const states = async () => (await Promise.all(jobs.map(({ id }) => stateOf(id)))).toSorted();
    await eventually(async () => (await states()).includes('running'));
    expect([asked(), await states()]).toEqual([5, ['queued', 'running']]);
    await workers
      .find(({ provider }) => provider.running === 1)
      ?.provider.nextRun()
      .then((run) => run.finish());
    await until('closed');
    await eventually(() => asked() === 6);
    await workers
      .find(({ provider }) => provider.running === 1)
      ?.provider.nextRun()
      .then((run) => run.finish());
    for (const { id } of jobs) await eventually(async () => (await stateOf(id)) === 'completed');
  });
});
