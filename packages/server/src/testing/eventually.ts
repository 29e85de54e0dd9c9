/** Lets the event loop turn until the condition holds; the test's own time limit ends it if it never does. */
export async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}
