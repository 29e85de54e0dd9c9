import type { BreakerPolicy, BreakerState } from '../breaker.ts';

/** Somebody tries whether the backend works again. */
export interface Trial {
  readonly by: string;
  /** Without another word it is over then (ms since the Unix epoch). */
  readonly until: number;
}

/** All there is to know of a breaker. */
export interface BreakerRecord {
  /** Failed tries in a row. */
  readonly failures: number;
  /** It opened, and rests until then (ms since the Unix epoch); from then on it is half-open. Undefined: closed. */
  readonly restsUntil?: number | undefined;
  readonly trial?: Trial | undefined;
}

/** Nothing has failed since the last success. */
export const CLOSED: BreakerRecord = { failures: 0 };

export function stateOf({ restsUntil, trial }: BreakerRecord, now: number): BreakerState {
  if (restsUntil === undefined) return { kind: 'closed' };
  if (restsUntil > now) return { kind: 'open', until: restsUntil };
  return { kind: 'half-open', isTried: trial !== undefined && trial.until > now };
}

/** When the state becomes another one by time alone (ms since the Unix epoch); undefined: never. */
export function changesAt({ restsUntil, trial }: BreakerRecord, now: number): number | undefined {
  return [restsUntil, trial?.until].find((at) => at !== undefined && at > now && at < Number.POSITIVE_INFINITY);
}

/** A failure while it rests is of work that began before: it says nothing new. */
export function afterFailure(record: BreakerRecord, now: number, policy: BreakerPolicy): BreakerRecord {
  const { kind } = stateOf(record, now);
  if (kind === 'open') return record;
  const failures = record.failures + 1;
  const opens = kind === 'half-open' || failures >= policy.breakerFailures;
  return opens ? { failures, restsUntil: now + policy.breakerOpenMs } : { failures };
}

/** The same record if there is nothing to try, or somebody else tries. */
export function afterTaking(record: BreakerRecord, now: number, trial: Trial): BreakerRecord {
  const state = stateOf(record, now);
  return state.kind === 'half-open' && !state.isTried ? { ...record, trial } : record;
}

/** Whoever tries is still at it; the same record if it is another one's trial by now, or nobody's. */
export function afterRenewal(record: BreakerRecord, trial: Trial): BreakerRecord {
  return record.trial?.by === trial.by ? { ...record, trial } : record;
}

/** The trial proved nothing, so the next one may try; the same record if it was over already. */
export function afterLeaving(record: BreakerRecord, by: string): BreakerRecord {
  const { trial, ...rest } = record;
  return trial?.by === by ? rest : record;
}
