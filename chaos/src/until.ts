import { setTimeout as wait } from 'node:timers/promises';

const LOOK_MS = 100;

/** Looks again and again until the condition holds, with pauses that leave the machine to what is waited for; the test's own time limit ends it. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await wait(LOOK_MS);
}
