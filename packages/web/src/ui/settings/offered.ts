import type { ProviderCapabilities, ProviderStatus } from '@darkroom/protocol';

/** What the backends can do that the job may be given to. Undefined: nothing is known of them, so nothing is ruled out. */
export type Offered = readonly ProviderCapabilities[] | undefined;

/** The abilities of the chosen backend; with none chosen (Automatic) those of all. */
export function offeredBy(backends: readonly ProviderStatus[] | undefined, chosen: string): Offered {
  const asked = (backends ?? []).filter(({ name }) => chosen === '' || name === chosen);
  return asked.length === 0 ? undefined : asked.map(({ capabilities }) => capabilities);
}

/** Whether at least one of them can. */
export function someCan(offered: Offered, can: (capabilities: ProviderCapabilities) => boolean): boolean {
  return offered === undefined || offered.some(can);
}

/** The names that may be given for something; `open`: others may be known, too. */
export interface Names {
  readonly names: readonly string[];
  readonly open: boolean;
}

/** The models or samplers that at least one of them knows. */
export function namesOf(offered: Offered, kind: 'models' | 'samplers'): Names {
  const lists = offered?.map((capabilities) => capabilities[kind]) ?? [null];
  return { names: [...new Set(lists.flatMap((list) => list ?? []))], open: lists.includes(null) };
}

/** The styles to offer, of those that people know; a backend without styles of its own takes any. */
export function stylesOf(offered: Offered, usual: readonly string[]): readonly string[] {
  if (offered === undefined || offered.some(({ styles }) => styles.length === 0)) return usual;
  return [...new Set(['none', ...offered.flatMap(({ styles }) => styles)])];
}
