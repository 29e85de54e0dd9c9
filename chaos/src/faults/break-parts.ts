import { setTimeout as wait } from 'node:timers/promises';
import type { Cluster } from '../cluster/cluster.ts';
import type { Fault } from './fault-plan.ts';

interface Breakage {
  readonly break: () => unknown;
  readonly mend: () => unknown;
}

function outageOf({ redis, postgres, s3 }: Cluster, who: string): Breakage {
  if (who === 'redis') return { break: () => redis.kill(), mend: () => redis.start() };
  if (who === 's3') return { break: () => s3.pause(), mend: () => s3.resume() };
  return { break: () => postgres.crash(), mend: () => postgres.start() };
}

function breakageOf(cluster: Cluster, { kind, who }: Fault): Breakage {
  switch (kind) {
    case 'killed':
      return { break: () => cluster.process(who).end('SIGKILL'), mend: () => cluster.process(who).start() };
    case 'replaced':
      return { break: () => cluster.process(who).end('SIGTERM'), mend: () => cluster.process(who).start() };
    case 'stopped':
      return { break: () => cluster.process(who).stop(), mend: () => cluster.process(who).continue() };
    case 'gone':
      return outageOf(cluster, who);
    case 'cut':
      return { break: () => cluster.wire(who).cut(), mend: () => cluster.wire(who).mend() };
    case 'silent':
      return { break: () => cluster.wire(who).silence(), mend: () => cluster.wire(who).mend() };
  }
}

export interface BreakOptions {
  /** Aborted: nothing more is broken. */
  readonly signal: AbortSignal;
  /** Hears of each. */
  readonly tell: (news: string) => void;
}

/** Breaks and mends everything that is planned, beginning now. Resolves when all is whole again. */
export async function breakParts(
  cluster: Cluster,
  plan: readonly Fault[],
  { signal, tell }: BreakOptions,
): Promise<void> {
  const breakPart = async (fault: Fault) => {
    const breakage = breakageOf(cluster, fault);
    tell(`${fault.who} ${fault.kind} for ${(fault.forMs / 1_000).toFixed(1)} s`);
    await breakage.break();
    await wait(fault.forMs, undefined, { signal });
    await breakage.mend();
    tell(`${fault.who} whole again`);
  };
  // On a slow machine a part takes longer to mend than was planned: its next fault waits for that.
  const mending = new Map<string, Promise<void>>();
  const mended = plan.map(async (fault) => {
    await wait(fault.atMs, undefined, { signal });
    const before = mending.get(fault.who);
    const whole = (before ?? Promise.resolve()).then(() => breakPart(fault));
    mending.set(fault.who, whole);
    await whole;
  });
  await Promise.all(mended);
}
