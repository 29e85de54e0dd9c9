import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compose, type Darkroom, type Overrides } from '../compose.ts';
import { type Environment, readConfig } from '../config.ts';
import type { HttpTimeouts } from '../http/connections/http-timeouts.ts';

/** A server on a free port with a folder of its own. */
export interface TestDarkroom extends Darkroom {
  readonly dataDir: string;
}

/** A failing provider fails its job at once: a test that is about retries or the breaker says so. */
const SETTINGS = { PORT: '0', LOG_LEVEL: 'silent', RETRY_DELAYS: 'never', BREAKER_FAILURES: '1000' };

const HOUR_MS = 3_600_000;

/**
 * A test and its server share a process: where the machine leaves that no time for a minute, both are late, and neither
 * the client nor the server is to blame.
 */
export const PATIENT_TIMEOUTS: HttpTimeouts = {
  headersMs: 300_000,
  requestMs: HOUR_MS,
  keepAliveMs: HOUR_MS,
  unreadMs: 2 * HOUR_MS,
  body: { graceMs: 24 * HOUR_MS, silentMs: 24 * HOUR_MS, bytesPerSecond: 0 },
  checkMs: 5_000,
};

/** Starts a real server for a test, with SQLite on disk. `environment` adds to or replaces its settings. */
export async function startDarkroom(environment: Environment = {}, overrides: Overrides = {}): Promise<TestDarkroom> {
  const dataDir = environment['DATA_DIR'] ?? (await mkdtemp(join(tmpdir(), 'darkroom-test-')));
  const config = readConfig({ ...SETTINGS, ...environment, DATA_DIR: dataDir });
  const darkroom = await compose(config, { httpTimeouts: PATIENT_TIMEOUTS, ...overrides });
  return {
    ...darkroom,
    dataDir,
    stop: async () => {
      await darkroom.stop();
      if (environment['DATA_DIR'] === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}
