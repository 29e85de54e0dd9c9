import type { BenchOptions } from '../bench-options.ts';
import { play, type Round } from '../broadcast.ts';
import type { Plan } from '../drive.ts';
import { type Figure, interleave } from '../figures.ts';
import type { Target } from '../live-server.ts';
import type { Readers } from '../load/readers.ts';
import { Remote } from '../remote.ts';
import type { DarkroomServer } from '../servers/darkroom.ts';
import { type SharedServers, startSharedServers } from '../shared-servers.ts';
import type { RedisBroadcast } from '../yardsticks/redis-broadcast.ts';
import type { RedisPublisher } from '../yardsticks/redis-publisher.ts';

const WATCHERS = 1_000;
/** Of one job at two gateways: as many as make a second one worth it. */
const MANY = 2_000;
const SAMPLES = 50;

/** One writer, and groups of servers between which the watchers are divided; one group is played at a time. */
interface World {
  /** Makes a group of so many servers, and so many watchers. */
  addGroup(servers: number, watchers: number): Promise<Group>;
  stop(): Promise<void>;
}

interface Group {
  play(plan: Plan): Promise<Round>;
}

async function openReaders(targets: readonly Target[], watchers: number): Promise<Remote<Readers>> {
  const readers = new Remote<Readers>('./load/readers.ts');
  const count = watchers / targets.length;
  for (const target of targets)
    await readers.call('open', { transport: 'ws', target, count, samples: SAMPLES / targets.length });
  return readers;
}

/** A worker, and gateways that hear of its events over Redis and read them from PostgreSQL. */
async function startDarkrooms({ environment }: SharedServers): Promise<World & { readonly like: string }> {
  const remotes: { stop(): Promise<void> }[] = [];
  const start = <T extends { stop(): Promise<void> }>(remote: T) => {
    remotes.push(remote);
    return remote;
  };
  const startRole = (ROLE: string) =>
    start(new Remote<DarkroomServer>('./servers/darkroom.ts', { ...environment, ROLE }));
  const worker = startRole('worker');
  await worker.call('open');
  const like = await worker.call('sample');
  return {
    like,
    addGroup: async (count, watchers) => {
      const job = await worker.call('open');
      const servers = Array.from({ length: count }, () => startRole('gateway'));
      const ports = await Promise.all(servers.map((server) => server.call('port')));
      const readers = start(
        await openReaders(
          ports.map((port) => ({ ...job, port })),
          watchers,
        ),
      );
      return {
        play: async (plan) => {
          await worker.call('use', job.jobId);
          return play({ driver: worker, servers, readers, count: watchers }, plan);
        },
      };
    },
    stop: async () => {
      await Promise.all(remotes.map((remote) => remote.stop()));
    },
  };
}

/** The same without a log: bare Redis, and bare `ws`. */
async function startYardsticks({ redisUrl }: SharedServers, like: string): Promise<World> {
  const driver = new Remote<RedisPublisher>('./yardsticks/redis-publisher.ts');
  const remotes: { stop(): Promise<void> }[] = [driver];
  await driver.call('open', { redisUrl, like });
  return {
    addGroup: async (count, watchers) => {
      const channel = `yardstick-${remotes.length}`;
      const servers = Array.from(
        { length: count },
        () => new Remote<RedisBroadcast>('./yardsticks/redis-broadcast.ts'),
      );
      const ports = await Promise.all(servers.map((server) => server.call('open', { redisUrl, channel })));
      const readers = await openReaders(
        ports.map((port) => ({ port, jobId: '', head: 0, readyText: '\r\n\r\n' })),
        watchers,
      );
      remotes.push(...servers, readers);
      return {
        play: async (plan) => {
          await driver.call('use', channel);
          return play({ driver, servers, readers, count: watchers }, plan);
        },
      };
    },
    stop: async () => {
      await Promise.all(remotes.map((remote) => remote.stop()));
    },
  };
}

async function withWorlds(work: (darkroom: World, yardstick: World) => Promise<Figure[]>): Promise<Figure[]> {
  const shared = await startSharedServers();
  const stops: (() => Promise<void>)[] = [];
  try {
    const darkroom = await startDarkrooms(shared);
    stops.push(darkroom.stop);
    const yardstick = await startYardsticks(shared, darkroom.like);
    stops.push(yardstick.stop);
    return await work(darkroom, yardstick);
  } finally {
    for (const stop of stops.reverse()) await stop();
    await shared.stop();
  }
}

/** From the append on a worker to the sockets of another process. */
export function processesCase({ rounds }: BenchOptions): Promise<Figure[]> {
  const plan = { turns: 100, perTurn: 1, gapMs: 20 };
  return withWorlds(async (darkroom, yardstick) => {
    const [ours, bare] = [await darkroom.addGroup(1, WATCHERS), await yardstick.addGroup(1, WATCHERS)];
    await Promise.all([ours.play({ ...plan, turns: 20 }), bare.play({ ...plan, turns: 20 })]);
    const played = await interleave(
      rounds,
      () => ours.play(plan),
      () => bare.play(plan),
    );
    const figure = (what: string, unit: string, key: keyof Round): Figure => ({
      name: `worker to ${WATCHERS} watchers at a gateway: ${what}`,
      unit,
      better: 'lower',
      darkroom: played.darkroom.map((round) => round[key]),
      yardstick: played.yardstick.map((round) => round[key]),
    });
    return [
      figure('p50', 'ms', 'p50Ms'),
      figure('p99', 'ms', 'p99Ms'),
      figure('gateway CPU an event', 'µs', 'eventUs'),
    ];
  });
}

/** The same watchers at one server, and divided between two. */
interface Pair {
  readonly one: Round;
  readonly two: Round;
}

/**
 * What a second gateway brings. *Paced*: an event is with everybody before the next one, so a gateway's CPU time
 * says how many it could hand on with a core of its own. *Flood*: what this machine delivers, whose cores
 * the worker, PostgreSQL, Redis and the readers want too.
 */
export function gatewaysCase({ rounds }: BenchOptions): Promise<Figure[]> {
  const [paced, flood] = [
    { turns: 50, perTurn: 1, gapMs: 80 },
    { turns: 100, perTurn: 1, gapMs: 0 },
  ];
  return withWorlds(async (darkroom, yardstick) => {
    const gather = async (world: World) => {
      const [alone, together] = [await world.addGroup(1, MANY), await world.addGroup(2, MANY)];
      return async (plan: Plan): Promise<Pair> => ({ one: await alone.play(plan), two: await together.play(plan) });
    };
    const [ours, bare] = [await gather(darkroom), await gather(yardstick)];
    const measure = async (plan: Plan) => {
      await ours(plan);
      await bare(plan);
      const played = await interleave(
        rounds,
        () => ours(plan),
        () => bare(plan),
      );
      return (what: string, unit: string, better: Figure['better'], pick: (pair: Pair) => number): Figure => ({
        name: `${MANY} watchers, ${what}`,
        unit,
        better,
        darkroom: played.darkroom.map(pick),
        yardstick: played.yardstick.map(pick),
      });
    };
    const [calm, busy] = [await measure(paced), await measure(flood)];
    return [
      calm('paced: CPU an event, one gateway', 'µs', 'lower', ({ one }) => one.eventUs),
      calm('paced: CPU an event, each of two', 'µs', 'lower', ({ two }) => two.eventUs),
      calm('two ÷ one with a core each', '×', 'higher', ({ one, two }) => one.eventUs / two.eventUs),
      busy('flood: deliveries of one gateway', '/s', 'higher', ({ one }) => one.deliveriesPerSecond),
      busy('flood: deliveries of two', '/s', 'higher', ({ two }) => two.deliveriesPerSecond),
      busy(
        'two ÷ one on this machine',
        '×',
        'higher',
        ({ one, two }) => two.deliveriesPerSecond / one.deliveriesPerSecond,
      ),
    ];
  });
}
