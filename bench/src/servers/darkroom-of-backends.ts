/** The real server in a process of its own, in front of the backends it is told of. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compose, type Darkroom } from '../../../packages/server/src/compose.ts';
import { readConfig } from '../../../packages/server/src/config.ts';
import { vitals } from '../drive.ts';
import { serve } from '../remote.ts';

const dataDir = await mkdtemp(join(tmpdir(), 'darkroom-bench-'));
let darkroom: Darkroom | undefined;

const methods = {
  ...vitals,
  /** Starts it with these settings; answers its port. */
  open: async (environment: Readonly<Record<string, string>>) => {
    const settings = { PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'silent', MAX_QUEUED: '1000000', ...environment };
    darkroom = await compose(readConfig(settings));
    return Number(new URL(darkroom.url).port);
  },
};
export type DarkroomOfBackends = typeof methods;

serve(methods, async () => {
  await darkroom?.stop();
  await rm(dataDir, { recursive: true, force: true });
});
