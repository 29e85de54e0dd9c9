/** Ids of things that exist on the server. They are replaced from time to time, since requests delete some of them. */
export interface KnownIds {
  jobs: readonly string[];
  conversations: readonly string[];
  messages: readonly string[];
  uploads: readonly string[];
  images: readonly string[];
}

/** Which of them a path parameter takes; undefined: none of them. */
export function idsFor(known: KnownIds, path: string, name: string): readonly string[] | undefined {
  if (name === 'jobId' || name === 'job_id') return known.jobs;
  if (name === 'uploadId') return known.uploads;
  if (name === 'messageId') return known.messages;
  if (name === 'id' && /conversations|chat/.test(path)) return known.conversations;
  return name === 'name' && path.includes('/jobs/') ? known.images : undefined;
}

/** One of them; `none` where there is none. */
export function idFor(known: KnownIds, path: string, name: string, index: number): string {
  const ids = idsFor(known, path, name) ?? [];
  return ids[index % ids.length] ?? 'none';
}
