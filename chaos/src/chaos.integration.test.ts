import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { skipReason } from '../../packages/server/src/testing/machine.ts';
import { tempFolder } from '../../packages/server/src/testing/temp-folder.ts';
import { FAULTS_PER_DECK } from './faults/fault-plan.ts';
import { runChaos } from './run-chaos.ts';

const skip = skipReason('redis-server') ?? skipReason('postgres');

const EVERY_MS = 1_300;
const TIMEOUT_MS = 600_000;

/** Another one with each run of the tests; a failure names it. */
const seed = Number(process.env['CHAOS_SEED'] ?? 1 + Math.floor(Math.random() * 99_999));

describe.skipIf(skip !== undefined)(`Chaos, in short${skip ? ` (${skip})` : ''}`, () => {
  it('[C13][B9] whatever breaks, every job ends truthfully, once, and every watcher sees every event once', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const news: string[] = [];
    const { errors } = await runChaos({
      seed,
      gateways: 2,
      workers: 3,
      jobs: 24,
      watchers: 12,
      watchersPerJob: 1,
      durationMs: FAULTS_PER_DECK * EVERY_MS,
      everyMs: EVERY_MS,
      paceMs: 60,
      silenceMs: 5_000,
      patienceMs: TIMEOUT_MS / 4,
      logs: join(await tempFolder(), 'logs'),
      tell: (text) => news.push(text),
    });
    expect(errors, [`seed ${seed}`, ...news].join('\n')).toEqual([]);
  });
});
