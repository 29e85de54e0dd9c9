import type { WorkRecord } from '@darkroom/fake-backends';

/** The two were at their backends at the same time. */
const overlap = (one: WorkRecord, other: WorkRecord) =>
  one.takenAt < (other.endedAt ?? Number.POSITIVE_INFINITY) &&
  other.takenAt < (one.endedAt ?? Number.POSITIVE_INFINITY);

/** Works of one job (by its words) that were at the backends at the same time: something was made twice at once. */
export function doubledWorks(works: readonly WorkRecord[]): readonly string[] {
  const errors: string[] = [];
  for (const [prompt, own] of Map.groupBy(works, (work) => work.prompt))
    for (const [index, one] of own.entries())
      for (const other of own.slice(index + 1))
        if (overlap(one, other)) errors.push(`“${prompt}” was made twice at once: ${span(one)} and ${span(other)}`);
  return errors;
}

const time = (at: number | undefined) => (at === undefined ? '…' : new Date(at).toISOString().slice(11, 23));
const span = ({ takenAt, startedAt, endedAt, seed }: WorkRecord) =>
  `${time(takenAt)} (begun ${time(startedAt)}) to ${time(endedAt)}, seed ${seed}`;

/** Pictures that were begun more than once, one after the other. */
export function repeatedWorks(works: readonly WorkRecord[]): number {
  return works.length - new Set(works.map(({ prompt, seed }) => `${seed} ${prompt}`)).size;
}
