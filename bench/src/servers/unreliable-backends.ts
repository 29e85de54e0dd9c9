/** Backends that fail at random, in a process of their own. */
import { startUnreliableBackends } from '../../../packages/server/src/testing/unreliable-backends.ts';
import { serve } from '../remote.ts';

type Unreliable = Awaited<ReturnType<typeof startUnreliableBackends>>;
let unreliable: Unreliable | undefined;

const methods = {
  /** Starts them for so many submissions; answers the settings of a Darkroom in front of them. */
  start: async ({ submissions, failing }: { submissions: number; failing: number }) => {
    unreliable = await startUnreliableBackends(submissions, failing);
    return unreliable.environment;
  },
  /** Works that are still there, the most of one job that were there at once, and submissions in all. */
  account: () => {
    const backends = unreliable?.backends ?? [];
    return {
      alive: backends.reduce((sum, { alive }) => sum + alive, 0),
      mostOfOneJob: Math.max(0, ...backends.map(({ mostAliveOfOnePrompt }) => mostAliveOfOnePrompt)),
      submissions: backends.reduce((sum, { submissions }) => sum + submissions.length, 0),
    };
  },
};
export type UnreliableBackends = typeof methods;

serve(methods, () => unreliable?.close());
