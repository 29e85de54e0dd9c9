import type { JobTicket } from '../store.ts';

interface Waiting {
  readonly id: string;
  readonly ticket: number;
}

/**
 * One owner's waiting jobs, in order of ticket, with `jobId` put before another of them, or (null) last: the same
 * tickets in another order, so that nobody else's place changes. Undefined if one of the two is not among them.
 */
export function moveTickets(
  waiting: readonly Waiting[],
  jobId: string,
  before: string | null,
): readonly JobTicket[] | undefined {
  const ids = waiting.map(({ id }) => id);
  if (!ids.includes(jobId) || (before !== null && !ids.includes(before))) return undefined;
  if (jobId === before) return waiting.map(({ id, ticket }) => ({ jobId: id, ticket }));
  const others = ids.filter((id) => id !== jobId);
  others.splice(before === null ? others.length : others.indexOf(before), 0, jobId);
  return waiting.map(({ ticket }, index) => ({ jobId: others[index] ?? jobId, ticket }));
}
