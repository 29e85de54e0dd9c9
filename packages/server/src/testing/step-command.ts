import * as z from 'zod';

/** What a parent process may send to `main-on-command.ts`: so many steps more, every step from now on, or none. */
export const StepCommand = z.union([
  z.strictObject({ allow: z.union([z.literal('all'), z.int().positive()]) }),
  z.strictObject({ pause: z.literal(true) }),
]);
export type StepCommand = z.infer<typeof StepCommand>;
