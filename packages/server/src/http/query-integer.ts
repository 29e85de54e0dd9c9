import * as z from 'zod/mini';

/**
 * A whole number in a query or a path. `multipleOf` is what the OpenAPI document shows; it lets through what is whole
 * but for a rounding error (49.99999999999996), which databases refuse.
 */
export const queryInteger = (min: number, max: number) =>
  z.coerce
    .number()
    .check(z.multipleOf(1), z.refine(Number.isSafeInteger, 'must be a whole number'), z.minimum(min), z.maximum(max));
