import type { Plan } from './drive.ts';
import { percentile } from './figures.ts';
import type { LiveServer } from './live-server.ts';
import type { Readers } from './load/readers.ts';
import type { Remote } from './remote.ts';

/** Whatever says what it has used. */
type Measured = Remote<Pick<LiveServer, 'cpuUs'>>;

/** Who sends events, the servers that hand them on, and all their readers. */
export interface Contender {
  readonly driver: Remote<Pick<LiveServer, 'drive'>>;
  readonly servers: readonly Measured[];
  readonly readers: Remote<Readers>;
  readonly count: number;
}

export interface Round {
  readonly deliveriesPerSecond: number;
  /** CPU time of the servers for one delivery, µs. */
  readonly cpuUs: number;
  /** CPU time of one of the servers for one event and its readers, mean, µs. */
  readonly eventUs: number;
  /** From the send to a reader that takes notes, ms. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

async function cpuOf(servers: readonly Measured[]): Promise<number> {
  const used = await Promise.all(servers.map((server) => server.call('cpuUs')));
  return used.reduce((sum, us) => sum + us, 0);
}

export async function play({ driver, servers, readers, count }: Contender, plan: Plan): Promise<Round> {
  const events = plan.turns * plan.perTurn;
  await readers.call('expect', events);
  const before = await cpuOf(servers);
  const sentAt = await driver.call('drive', plan);
  const result = await readers.call('finished');
  if (result === undefined) throw new Error('no round was announced');
  const cpu = (await cpuOf(servers)) - before;
  const latencies = result.arrivals.flatMap((arrivals) =>
    arrivals.map((at, event) => (at - (sentAt[Math.floor(event / plan.perTurn)] ?? Number.NaN)) / 1_000),
  );
  return {
    deliveriesPerSecond: (count * events * 1e6) / (result.endedAt - (sentAt[0] ?? Number.NaN)),
    cpuUs: cpu / (count * events),
    eventUs: cpu / servers.length / events,
    p50Ms: percentile(latencies, 50),
    p99Ms: percentile(latencies, 99),
  };
}
