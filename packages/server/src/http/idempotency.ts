import { createHash } from 'node:crypto';
import { IdempotencyKey } from '@darkroom/protocol';
import * as z from 'zod/mini';
import type { Idempotency } from '../conversation-store.ts';

/** Header of requests that may be repeated safely. */
export const IdempotencyHeader = z.object({ 'idempotency-key': z.optional(IdempotencyKey) });

/** The same key of the same owner with another request is a conflict, so the request is remembered by its digest. */
export function toIdempotency(key: string | undefined, request: unknown, owner?: string): Idempotency | undefined {
  if (key === undefined) return undefined;
  return { key, digest: createHash('sha256').update(JSON.stringify(request)).digest('base64url'), owner };
}
