import type { Update } from '../provider.ts';
import { ProviderError } from '../provider-error.ts';

/** Ids are visible ASCII with every service there is, and far shorter. */
const UPSTREAM_ID = /^[\x20-\x7e]{1,200}$/;

const isCount = (value: number | undefined) => value === undefined || (Number.isSafeInteger(value) && value >= 0);

/**
 * A provider's update as a job's log can keep it: numbers that are none are left out. Throws a `ProviderError` for an id
 * that cannot be kept, since the work could not be found again by another one.
 */
export function toKeptUpdate(update: Update): Update {
  switch (update.type) {
    case 'accepted':
      if (UPSTREAM_ID.test(update.upstreamId)) return update;
      throw new ProviderError('SERVER_ERROR', 'The backend’s id of the work is not one that can be kept.', {
        mayStillRun: true,
      });
    case 'waiting':
      return isCount(update.position) ? update : { type: 'waiting' };
    case 'progress':
      return isCount(update.step) && isCount(update.steps) ? update : { type: 'progress', percent: update.percent };
    case 'preview':
    case 'image':
      return update;
  }
}
