import { pino } from 'pino';
import { expect, it } from 'vitest';
import { setUpCore } from '../../testing/core.ts';
import { HealthChecks } from './health-checks.ts';

const logger = pino({ level: 'silent' });

it('one check of the storage answers all who ask while it runs, and for 2 s', async () => {
  let count = 0;
  let isBroken = false;
  const core = await setUpCore({
    providers: [],
    wrapImages: (images) =>
      Object.assign(images, {
        check: async () => {
          count++;
          if (isBroken) throw new Error('the disk is full');
        },
      }),
  });
  const checks = new HealthChecks({ ...core, logger });
  const answers = await Promise.all(Array.from({ length: 100 }, () => checks.current()));
  for (const { storage } of answers) expect(storage).toEqual({ ok: true });
  core.clock.advance(1_999);
  isBroken = true;
  expect((await checks.current()).storage.ok).toBe(true);
  expect(count).toBe(1);
  core.clock.advance(1);
  for (let asked = 0; asked < 10; asked++)
    expect((await checks.current()).storage).toEqual({ ok: false, message: 'The image storage does not answer.' });
  expect(count).toBe(2);
});

it('a machine whose clock is set back does not answer from the past', async () => {
  const core = await setUpCore({ providers: [] });
  const checks = new HealthChecks({ ...core, logger });
  const first = checks.current();
  await first;
  expect(checks.current()).toBe(first);
  core.clock.advance(-3_600_000);
  expect(checks.current()).not.toBe(first);
});
