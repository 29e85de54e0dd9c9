import type { ImageKey } from '../images.ts';
import { parseImageUrl } from '../jobs/image-address.ts';
import type { Row } from '../tables.ts';

/** A text of JSON that is nothing but an address. */
const ADDRESS = /"(\/api\/jobs\/[^"]+)"/g;

const asText = (value: Row[string] | undefined) => (typeof value === 'string' ? value : '');

/**
 * The pictures that rows of jobs and of their events name, each once: whatever field it is in. A job names its own alone;
 * an address of another job is something a person wrote.
 */
export function namedPictures(jobs: readonly Row[], events: readonly Row[]): readonly ImageKey[] {
  const found = new Map<string, ImageKey>();
  const search = (jobId: Row[string] | undefined, json: Row[string] | undefined) => {
    for (const [, url = ''] of asText(json).matchAll(ADDRESS)) {
      const key = found.has(url) ? undefined : parseImageUrl(url);
      if (key?.ownerId === jobId && key !== undefined) found.set(url, key);
    }
  };
  for (const job of jobs) search(job['id'], job['job']);
  for (const event of events) search(event['job_id'], event['event']);
  return [...found.values()];
}
