import type { ProviderStatus } from '@darkroom/protocol';
import { type PlainKey, t } from '../i18n/translate.ts';

/** How a backend is, for people. `trying`: it rested, and the next job tells whether it works again. */
export type BackendHealth = 'ready' | 'busy' | 'trying' | 'resting' | 'down';

const WORDS: Readonly<Record<BackendHealth, PlainKey>> = {
  ready: 'backend.ready',
  busy: 'backend.busy',
  trying: 'backend.trying',
  resting: 'backend.resting',
  down: 'backend.down',
};

export function backendHealth({ ok, breaker, running, concurrency }: ProviderStatus): BackendHealth {
  if (breaker === 'open') return 'resting';
  if (!ok) return 'down';
  if (breaker === 'half-open') return 'trying';
  return running >= concurrency ? 'busy' : 'ready';
}

/** A backend's health in a word or two. */
export function healthText(health: BackendHealth): string {
  return t(WORDS[health]);
}
