import { nextTurn, nowUs, sleep } from './clock.ts';

/** How events are sent to all readers: so many turns, so many events in each, a pause between them or none. */
export interface Plan {
  readonly turns: number;
  readonly perTurn: number;
  readonly gapMs: number;
}

/** When each turn began, in µs of the shared clock. */
export async function drive(plan: Plan, send: (events: number) => unknown): Promise<number[]> {
  const sentAt: number[] = [];
  for (let turn = 0; turn < plan.turns; turn++) {
    sentAt.push(nowUs());
    await send(plan.perTurn);
    await (plan.gapMs > 0 ? sleep(plan.gapMs) : nextTurn());
  }
  return sentAt;
}

/** What every server under measurement can say of itself. */
export const vitals = {
  /** CPU time used so far, µs. */
  cpuUs: () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  /** Resident memory after a collection, bytes. */
  memory: async () => {
    for (let i = 0; i < 3; i++) {
      globalThis.gc?.();
      await sleep(100);
    }
    return process.memoryUsage.rss();
  },
};
