import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compose, type Darkroom, type Overrides } from '../compose.ts';
import { type Environment, readConfig } from '../config.ts';

/** A server on a free port with a folder of its own. */
export interface TestDarkroom extends Darkroom {
  readonly dataDir: string;
}

/** Starts a real server for a test, with SQLite on disk. `environment` adds to or replaces its settings. */
export async function startDarkroom(environment: Environment = {}, overrides: Overrides = {}): Promise<TestDarkroom> {
  const dataDir = environment['DATA_DIR'] ?? (await mkdtemp(join(tmpdir(), 'darkroom-test-')));
  const config = readConfig({ PORT: '0', LOG_LEVEL: 'silent', ...environment, DATA_DIR: dataDir });
  const darkroom = await compose(config, overrides);
  return {
    ...darkroom,
    dataDir,
    stop: async () => {
      await darkroom.stop();
      if (environment['DATA_DIR'] === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}
