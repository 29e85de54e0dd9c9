import { startFakeComfyui } from '@darkroom/fake-backends';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { createJob, readLog } from './harness/api.ts';
import { expectSound } from './harness/audit.ts';
import { browserTest } from './harness/browser-test.ts';
import { JobPage } from './harness/job-page.ts';
import { ServerProcess } from './harness/server-process.ts';
import { type Stage, startStage } from './harness/stage.ts';
import { eventually } from './harness/until.ts';

/** `forge` before `comfyui`; `blind` tells nothing until its picture is there. */
let stage: Stage;

beforeAll(async () => {
  stage = await startStage(
    { RETRY_DELAYS: '9m' },
    { name: 'forge' },
    { name: 'comfyui' },
    { name: 'blind', capabilities: { previews: false, progress: false } },
  );
});
afterAll(() => stage.close());

const addressOf = (jobId: string) => `${stage.url}/jobs/${jobId}`;
const noticeOf = (job: JobPage) => job.page.getByTestId('notice');

describe.concurrent('[C6] what happens between a job and its backends', () => {
  browserTest('[C6] waiting at the backend: its place, beside the stage and in the log', async ({ visit }) => {
    const { jobId, run } = await stage.begin({ provider: 'forge' });
    const job = new JobPage(await visit(addressOf(jobId)));
    run.wait(3);
    await job.page.getByText('waiting at forge, place 3').waitFor();
    await job.expectAnnounced('Status: Running. Updates over WS. Waiting at forge.');
    expect((await job.rows()).at(-1)?.cells[2]).toBe('Waiting for forge, at position 3');
    run.wait(1);
    await job.page.getByText('waiting at forge, place 1').waitFor();
    run.step();
    await job.page.getByText('Step 1 of 10').first().waitFor();
    expect(await job.page.getByText('waiting at forge').count()).toBe(0);
    run.finish();
    await job.expectState('completed');
  });

  browserTest(
    '[C6] a retry: why, when and which, counted down without a word to the screen reader',
    async ({ prepare }) => {
      const { jobId, run } = await stage.begin({ provider: 'forge' });
      const visitor = await prepare();
      const { clock } = visitor.page;
      // To this page the retry is a minute away; the server does not come to it in a test's time.
      await clock.install({ time: Date.now() + 480_000 });
      await visitor.page.goto(addressOf(jobId));
      const job = new JobPage(visitor);
      await job.expectState('live');
      run.fail('PROVIDER_TIMEOUT', 'forge gave no answer in 180 s.');
      const notice = noticeOf(job);
      const seconds = async () =>
        Number(/trying again in (\d+) sec \(1 of 1\)/.exec((await notice.textContent()) ?? '')?.[1]);
      await eventually(seconds).toBeGreaterThan(10);
      await eventually(() => notice.textContent()).toContain('forge gave no answer in 180 s.');
      const announced = 'Status: Running. Updates over WS. forge had a problem and is tried again.';
      await job.expectAnnounced(announced);
      await visitor.pauseClock();
      const first = await seconds();
      await clock.runFor(2_000);
      await eventually(seconds).toBe(first - 2);
      await eventually(() => job.liveRegion.textContent()).toBe(announced);
      await clock.resume();
      expect((await job.rows()).at(-1)?.cells[2]).toBe('forge gave no answer in 180 s; trying again in 9 min (1 of 1)');
      await expectSound(visitor);
      await job.button('Cancel').click();
      await job.button('Cancel job').click();
      await job.expectState('cancelled');
      expect(await notice.count()).toBe(0);
    },
  );

  browserTest('[C6] failing over: who failed and who takes over, until that one goes on', async ({ visit }) => {
    const quick = await startStage({}, { name: 'forge' }, { name: 'comfyui' });
    try {
      const { jobId, prompt, run } = await quick.begin();
      const visitor = await visit(`${quick.url}/jobs/${jobId}`);
      const job = new JobPage(visitor);
      run.step(2);
      await job.expectPicture(false);
      run.fail('NETWORK_DISCONNECTED', 'forge cannot be reached.');
      const notice = noticeOf(job);
      await eventually(() => notice.textContent()).toContain('forge failed, comfyui takes over');
      await eventually(() => notice.textContent()).toContain('forge cannot be reached.');
      await job.expectAnnounced('Status: Running. Updates over WS. forge failed, comfyui takes over.');
      await expectSound(visitor);
      const next = await quick.named('comfyui').run(prompt);
      next.step();
      await notice.waitFor({ state: 'detached' });
      next.finish();
      await job.expectState('completed');
      await job.expectWholeLog(await readLog(quick.url, jobId));
      const settings = job.page.getByRole('region', { name: 'Settings' });
      await settings.getByText('comfyui (automatic)').waitFor();
    } finally {
      await quick.close();
    }
  });

  browserTest(
    '[A8] a backend that tells nothing: no percent is made up, the time is told, and no preview is promised',
    async ({ visit }) => {
      const first = await stage.begin({ provider: 'blind' });
      first.run.finish();
      await eventually(async () => (await readLog(stage.url, first.jobId)).at(-1)?.stage).toBe('completed');
      const { jobId, run } = await stage.begin({ provider: 'blind' });
      const visitor = await visit(addressOf(jobId));
      const job = new JobPage(visitor);
      await job.page.getByText('This backend shows no previews: the picture appears when it is ready.').waitFor();
      const time = job.page.getByTestId('working-time');
      await eventually(() => time.textContent()).toMatch(/^\d+ sec so far, usually about \d+ sec$/);
      const bar = job.page.getByRole('progressbar', { name: 'Progress of the generation' });
      expect(await bar.getAttribute('aria-valuenow')).toBeNull();
      await eventually(() => job.page.title()).toBe('Running · Generation Progress');
      await expectSound(visitor);
      run.finish();
      await job.expectState('completed');
      await eventually(() => bar.getAttribute('aria-valuenow')).toBe('100');
      expect(await time.count()).toBe(0);
    },
  );
});

describe.concurrent('[A8] several pictures', () => {
  browserTest('[A8] [A11] those that are done can be seen while the next is made', async ({ visit }) => {
    const { jobId, prompt, run } = await stage.begin({ provider: 'forge', count: 3, steps: 5 });
    const visitor = await visit(addressOf(jobId));
    const job = new JobPage(visitor);
    run.step(2);
    await job.page.getByText('Picture 1 of 3 · Step 2 of 5').first().waitFor();
    run.step(3);
    run.finish();
    const second = await stage.named('forge').run(prompt);
    expect(second.request.seed).toBe(run.request.seed + 1);
    const done = job.button('Image 1 of 3');
    await done.waitFor();
    second.step(2);
    await job.page.getByText('Picture 2 of 3 · Step 2 of 5').first().waitFor();
    const [result] = (await readLog(stage.url, jobId)).find(({ resultUrls }) => resultUrls)?.resultUrls ?? [];
    const preview = (await readLog(stage.url, jobId)).at(-1)?.previewUrl;
    await eventually(() => job.picture.getAttribute('src')).toBe(preview);

    await done.click();
    await eventually(() => job.picture.getAttribute('src')).toBe(result);
    await job.page.getByRole('link', { name: 'Download', exact: true }).waitFor();
    await visitor.inEveryWidth(expectSound);
    await job.button('Image 2 of 3, being made').click();
    await eventually(() => job.picture.getAttribute('src')).toBe(preview);

    second.finish();
    (await stage.named('forge').run(prompt)).finish();
    await job.expectBanner('Your 3 images are ready.');
    await eventually(() => job.page.getByRole('list', { name: 'Images' }).getByRole('button').count()).toBe(3);
  });
});

describe('[C7] a job that no backend could take', () => {
  browserTest('[C7] fails at once, with a placeholder that is called one, and can be retried', async ({ visit }) => {
    const resting = await startStage({ BREAKER_FAILURES: '1', BREAKER_OPEN: '4s' }, { name: 'forge' });
    try {
      const broken = await resting.begin();
      broken.run.fail('NETWORK_DISCONNECTED', 'forge cannot be reached.');
      await eventually(async () => (await readLog(resting.url, broken.jobId)).at(-1)?.stage).toBe('failed');
      const prompt = 'A job for nobody';
      const response = await fetch(`${resting.url}/api/jobs`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ prompt }),
      });
      const { job: made } = (await response.json()) as { job: { id: string } };
      const visitor = await visit(`${resting.url}/jobs/${made.id}`);
      const job = new JobPage(visitor);
      await job.expectState('failed-retryable');
      await job.expectBanner('No backend is answering right now.');
      await job.page.getByRole('img', { name: 'A placeholder: no picture was made.' }).waitFor();
      await job.page.getByText('A placeholder: no picture was made.').waitFor();
      await expectSound(visitor);
      await eventually(async () => {
        const answer = await fetch(`${resting.url}/api/providers`);
        return ((await answer.json()) as { providers: { breaker: string }[] }).providers[0]?.breaker;
      }).toBe('half-open');
      await job.button('Retry generation').click();
      const run = await resting.backend.run(prompt);
      run.step();
      await job.expectPicture(false);
      run.finish();
      await job.expectState('completed');
    } finally {
      await resting.close();
    }
  });
});

describe('[E4] a server that is killed while its backend works', () => {
  browserTest(
    '[E4] the page tells that the work goes on, in the same attempt, and shows its picture',
    async ({ visit }) => {
      const comfyui = await startFakeComfyui({ steps: 1 });
      const server = await ServerProcess.start(`comfyui+${comfyui.url}`);
      try {
        const { id } = await createJob(server.url, 'A kite over the sea', { steps: 8 });
        const job = new JobPage(await visit(`${server.url}/jobs/${id}`));
        await job.page
          .getByText(/^Step 1 of 8/)
          .first()
          .waitFor();
        await server.kill();
        await job.expectState('reconnecting');
        await server.start();
        await job.expectState('live');
        comfyui.steps.allow();
        await eventually(async () =>
          (await job.rows()).some(({ cells }) => cells[2]?.includes('going on with the work at comfyui')),
        ).toBe(true);
        await job.expectState('completed');
        await job.page.getByText('Attempt 1/3').waitFor();
        await job.expectPicture(true);
      } finally {
        await server.close();
        await comfyui.close();
      }
    },
  );
});
