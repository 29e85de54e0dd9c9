import type { Job } from '@darkroom/protocol';

/** Address of Home with the form filled in: `/?prompt=…&size=…&steps=…&style=…&seed=…`. */
export function prefillUrl({ prompt, options = {} }: Pick<Job, 'prompt' | 'options'>): string {
  const query = new URLSearchParams({ prompt });
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined) query.set(name, String(value));
  }
  return `/?${query}`;
}
