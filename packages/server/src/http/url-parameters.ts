import { ConversationId, Epoch, JobId, ListCursor } from '@darkroom/protocol';
import * as z from 'zod/mini';

/**
 * A whole number in an address. `multipleOf` is what the OpenAPI document shows; it lets through what is whole but for a
 * rounding error (49.99999999999996), which databases refuse.
 */
export const wholeNumber = (minimum: number, maximum = Number.MAX_SAFE_INTEGER) =>
  z.coerce
    .number()
    .check(
      z.multipleOf(1),
      z.refine(Number.isSafeInteger, 'must be a whole number'),
      z.minimum(minimum),
      z.maximum(maximum),
    );

/** `limit` and `cursor` of a list. */
export const pageQuery = (maxLimit: number, usualLimit: number) => ({
  limit: z._default(wholeNumber(1, maxLimit), usualLimit),
  cursor: z.optional(ListCursor),
});

/** A subscriber's position in a job's log (rule P1). */
export const POSITION_QUERY = { after: z.optional(wholeNumber(0)), epoch: z.optional(Epoch) };

/** Path of a job. An id of the wrong form is not found: see `pathError`. */
export const JobParams = z.object({ jobId: JobId });

/** Path of a conversation. An id of the wrong form is not found: see `pathError`. */
export const ConversationParams = z.object({ id: ConversationId });
