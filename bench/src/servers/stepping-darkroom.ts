/** The real server in a process of its own, with a backend whose runs all make a step whenever they are told to. */
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { paintPicture } from '../../../packages/fake-backends/src/fake-picture.ts';
import { compose } from '../../../packages/server/src/compose.ts';
import { readConfig } from '../../../packages/server/src/config.ts';
import type { EncodedImage } from '../../../packages/server/src/provider.ts';
import { createScriptedProvider } from '../../../packages/server/src/testing/scripted-provider.ts';
import { drive } from '../drive.ts';
import { serve } from '../remote.ts';

const CONCURRENCY = 64;
/** More than any case makes: a run never ends by itself. */
const STEPS = 1_000;
const PREVIEWS = 50;
const EDGE = 64;

/** Painted once, so that a step costs the backend nothing. Consecutive steps have different previews. */
const previews = await Promise.all(
  Array.from({ length: PREVIEWS }, async (_, seed): Promise<EncodedImage> => {
    const bytes = await paintPicture({ prompt: 'a preview', seed, width: EDGE, height: EDGE }, 'jpeg');
    return { type: 'image/jpeg', bytes };
  }),
);

const steps = new EventEmitter().setMaxListeners(0);
/** Steps that were allowed so far. */
let allowed = 0;

const provider = createScriptedProvider(
  async function* (_request, { signal }) {
    yield { type: 'progress', percent: 0, step: 0, steps: STEPS };
    for (let step = allowed + 1; ; step++) {
      while (step > allowed) await once(steps, 'allowed', { signal });
      yield { type: 'progress', percent: (100 * step) / STEPS, step, steps: STEPS };
      const image = previews[step % PREVIEWS];
      if (image !== undefined) yield { type: 'preview', image };
    }
  },
  { concurrency: CONCURRENCY },
);

const dataDir = await mkdtemp(join(tmpdir(), 'darkroom-bench-'));
const settings = { PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'silent', MAX_QUEUED: '1000000' };
const darkroom = await compose(readConfig(settings), { providers: [provider] });

const methods = {
  port: () => Number(new URL(darkroom.url).port),
  /** Each run makes so many steps, one every `gapMs` milliseconds. */
  step: ({ count, gapMs }: { count: number; gapMs: number }) =>
    drive({ turns: count, perTurn: 1, gapMs }, () => {
      allowed++;
      steps.emit('allowed');
    }),
};
export type SteppingDarkroom = typeof methods;

serve(methods, async () => {
  await darkroom.stop();
  await rm(dataDir, { recursive: true, force: true });
});
