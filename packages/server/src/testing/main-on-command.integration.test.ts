import { fork } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { getSnapshot, hasStep, isAt, postJob, untilLog } from './api.ts';
import { spawnSteppedServer } from './child-server.ts';
import { programFile } from './program-file.ts';
import { tempFolder } from './temp-folder.ts';

const STEPS = 6;
const PROVIDERS = 'sketch:?concurrency=1';

it('makes the steps that are permitted and no others, in the process that is started again too', async () => {
  const DATA_DIR = await tempFolder();
  const first = await spawnSteppedServer({ DATA_DIR, PROVIDERS });
  const { id } = await postJob(first.url, 'job 7', STEPS);
  first.allow(2);
  await untilLog(first.url, id, hasStep(2));
  expect(await first.kill('SIGKILL')).toBeNull();

  const second = await spawnSteppedServer({ DATA_DIR, PROVIDERS });
  second.allow(1);
  await untilLog(second.url, id, hasStep(1, 2));
  second.allow();
  const log = await untilLog(second.url, id, isAt('completed'));
  const stepsOf = (attempt: number) => log.flatMap((event) => (event.attempt === attempt ? (event.step ?? []) : []));
  expect(Math.max(...stepsOf(1))).toBe(2);
  expect(stepsOf(2).at(-1)).toBe(STEPS);
});

it('withdraws its permits on command', async () => {
  const server = await spawnSteppedServer({ DATA_DIR: await tempFolder(), PROVIDERS });
  server.allow();
  const { id } = await postJob(server.url, 'job 7', STEPS);
  await untilLog(server.url, id, isAt('completed'));
  server.pause();
  server.allow(1);
  const next = await postJob(server.url, 'job 8', STEPS);
  await untilLog(server.url, next.id, hasStep(1));
  expect((await getSnapshot(server.url, next.id)).job).toMatchObject({ status: 'running' });
});

it('ends when the channel to its parent process closes', async () => {
  const server = await spawnSteppedServer({ DATA_DIR: await tempFolder(), PROVIDERS });
  expect(await server.disconnect()).toBe(1);
});

it('ends at a message that is no command', async () => {
  const env = { PATH: process.env['PATH'], PORT: '0', LOG_LEVEL: 'silent', DATA_DIR: await tempFolder() };
  const child = fork(programFile('testing/main-on-command.ts'), { env, stdio: 'ignore', execArgv: [] });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.send({ allow: 'some' });
  expect(await once(child, 'exit')).toEqual([1, null]);
});
