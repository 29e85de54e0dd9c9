import { afterAll, beforeAll, describe, expect } from 'vitest';
import { createJob, newPrompt, readLog } from './harness/api.ts';
import { browserTest } from './harness/browser-test.ts';
import { JobPage } from './harness/job-page.ts';
import { NetworkProxy } from './harness/network-proxy.ts';
import { type Stage, startStage } from './harness/stage.ts';
import { eventually } from './harness/until.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.close());

const addressOf = (jobId: string) => `${stage.url}/jobs/${jobId}`;

describe.concurrent('[A9] initial loading', () => {
  browserTest('[A9] initial loading: skeletons until the snapshot of the job arrives', async ({ prepare }) => {
    const { jobId, run } = await stage.begin();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const visit = await prepare();
    const job = new JobPage(visit);
    await visit.page.routeWebSocket(/\/ws$/, async (socket) => {
      await released;
      socket.connectToServer();
    });
    await visit.page.route('**/api/jobs/**', async (route) => {
      await released;
      await route.continue();
    });
    await visit.page.goto(addressOf(jobId));
    await job.expectAnnounced('Loading the job…');
    expect(await visit.page.locator('.shimmer').count()).toBeGreaterThan(0);
    await job.expectState('loading');

    release();
    await job.expectState('live');
    await job.expectStatus('running');
    run.finish();
    await job.expectState('completed');
  });
});

describe.concurrent('[A9] connecting', () => {
  browserTest('[A9] connecting: says so, WebSocket first, while nothing has answered yet', async ({ prepare }) => {
    const { jobId } = await stage.begin();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { promise: greeted, resolve: greet } = Promise.withResolvers<void>();
    const visit = await prepare();
    const job = new JobPage(visit);
    await visit.page.routeWebSocket(/\/ws$/, async (socket) => {
      await released;
      socket.connectToServer().onMessage((message) => {
        socket.send(message);
        greet();
      });
    });
    // The page's time passes only here: after 1.5 s it asks for the job, after 5 s it would go on to SSE.
    const { clock } = visit.page;
    await clock.install();
    await visit.pauseClock();
    await visit.page.goto(addressOf(jobId));
    await eventually(async () => {
      await clock.runFor(200);
      return (await job.banner.allTextContents()).join();
    }).toContain('Connecting…');
    await job.expectState('connecting');
    await job.expectBanner('WebSocket first, then SSE, then polling.');
    await job.expectMode('ws');
    await job.expectAnnounced('Connecting…');

    release();
    await greeted;
    await clock.resume();
    await job.expectState('live');
    await job.expectMode('ws');
  });
});

describe.concurrent('[A9] live', () => {
  browserTest('[A9] live: events are appended as they happen, beside the time of the last one', async ({ visit }) => {
    const { jobId, run } = await stage.begin();
    const job = new JobPage(await visit(addressOf(jobId)));
    await job.expectState('live');
    await job.expectMode('ws');
    await job.page.getByText('Waiting for first preview…').waitFor();
    expect((await job.rows()).map(({ cells }) => cells[2])).toEqual(['Queued', 'Started on scripted']);

    run.step();
    await job.expectSeq(3);
    const [time, ...step] = (await job.rows())[2]?.cells ?? [];
    expect(step).toEqual(['Running', 'Step 1 of 10', '10%']);
    expect(time).toMatch(/^\d\d:\d\d:\d\d$/);
    await job.expectPicture(false);
    expect(await job.page.getByText('Waiting for first preview…').count()).toBe(0);

    run.step(2);
    await job.expectSeq(5);
    await eventually(() => job.page.getByTestId('last-updated').textContent()).toMatch(/^Updated (now|\d+ .+ ago)$/);
    await eventually(() => job.page.title()).toBe('30% · Generation Progress');
    await eventually(() => job.banner.textContent()).toBe('');
  });
});

describe.concurrent('[A9] degraded', () => {
  browserTest(
    '[A9] degraded: names the cadence, which grows while nothing is new and is 2 s again on news',
    async ({ visit }) => {
      const { jobId, run } = await stage.begin();
      const job = new JobPage(await visit(addressOf(jobId)));
      await job.expectState('live');
      await job.button('Switch to Polling').click();
      await job.expectState('degraded');
      await job.expectBanner('Live updates unavailable, using polling every 2 seconds.');
      await job.expectMode('poll');
      await job.expectBanner('Live updates unavailable, using polling every 3 seconds.');

      run.step();
      await job.expectSeq(3);
      await job.expectBanner('Live updates unavailable, using polling every 2 seconds.');
      run.finish();
      await job.expectState('completed');
      await job.expectWholeLog(await readLog(stage.url, jobId));
    },
  );
});

describe.concurrent('[A9] reconnecting', () => {
  browserTest(
    '[A9] reconnecting: counts the tries and the wait; “Reconnect now” tries at once',
    async ({ prepare }) => {
      const { jobId, run } = await stage.begin();
      const wire = await NetworkProxy.start(stage.url);
      try {
        const visitor = await prepare();
        const { clock } = visitor.page;
        await clock.install();
        await visitor.page.goto(`${wire.url}/jobs/${jobId}`);
        const job = new JobPage(visitor);
        await job.expectState('live');
        run.step(2);
        await job.expectPicture(false);

        // From here on the page's time passes only here: no try begins by itself.
        await visitor.pauseClock();
        wire.cut();
        await job.expectState('reconnecting');
        await job.expectBanner('Reconnecting…');
        await eventually(async () => {
          await clock.runFor(1_000);
          return job.banner.textContent();
        }).toMatch(/Attempt ([3-9]|1\d)\. Next try in \d+ sec\./);

        wire.mend();
        await job.button('Reconnect now').click();
        await job.expectState('live');
        await job.expectMode('ws');
        run.step(8);
        run.finish();
        await job.expectState('completed');
        await clock.resume();
        await job.expectWholeLog(await readLog(stage.url, jobId));
      } finally {
        await wire.close();
      }
    },
  );
});

describe.concurrent('[A9] completed', () => {
  browserTest('[A9] completed: banner, result and its actions; nothing left to steer', async ({ visit }) => {
    const { jobId, run } = await stage.begin();
    const job = new JobPage(await visit(addressOf(jobId)));
    run.step(10);
    run.finish();
    await job.expectState('completed');
    await job.expectBanner('Completed');
    await job.expectBanner('Your image is ready.');
    await eventually(() => job.banner.locator('[data-tone=success]').count()).toBe(1);
    await job.expectStatus('completed');
    await job.expectPicture(true);
    for (const name of ['Download', 'Open']) {
      await eventually(() => job.page.getByRole('link', { name, exact: true }).isVisible()).toBe(true);
    }
    await eventually(() => job.button('Copy URL').isEnabled()).toBe(true);
    for (const name of ['Reconnect', 'Switch to Polling', 'Cancel']) {
      await eventually(() => job.button(name).isDisabled()).toBe(true);
    }
    await eventually(() => job.page.title()).toBe('Completed · Generation Progress');
  });
});

describe.concurrent('[A9] failed', () => {
  browserTest(
    '[A9] failed retryable: retry works, attempts are counted, the third failure is the last',
    async ({ visit }) => {
      const { jobId, prompt, run } = await stage.begin();
      const job = new JobPage(await visit(addressOf(jobId)));
      run.step(3);
      run.fail('PROVIDER_TIMEOUT');
      await job.expectState('failed-retryable');
      await job.expectBanner('Attempt 1 of 3.');
      await job.expectBanner('Retryable');
      await job.page.getByText('Attempt 1/3').waitFor();
      await job.expectStatus('failed');

      await job.button('Retry generation').click();
      await job.page.getByText('Attempt 2/3').waitFor();
      await job.expectState('live');
      const second = await stage.backend.run(prompt);
      second.step();
      await job.expectBanner('');
      second.fail('SERVER_ERROR');
      await job.expectState('failed-retryable');
      await job.button('Retry generation').click();

      const third = await stage.backend.run(prompt);
      third.fail('PROVIDER_TIMEOUT');
      await job.expectState('failed-final');
      await job.page.getByText('Attempt 3/3').waitFor();
      await job.expectBanner('All 3 attempts are used. Change the prompt or settings and start again.');
      await eventually(() => job.button('Retry generation').isDisabled()).toBe(true);
      await job.expectWholeLog(await readLog(stage.url, jobId));
    },
  );

  browserTest('[A9] failed retryable: the next attempt may end well', async ({ visit }) => {
    const { jobId, prompt, run } = await stage.begin();
    const job = new JobPage(await visit(addressOf(jobId)));
    run.step(4);
    run.fail('SERVER_ERROR');
    await job.expectState('failed-retryable');
    await job.button('Retry generation').click();
    const again = await stage.backend.run(prompt);
    again.step(10);
    again.finish();
    await job.expectState('completed');
    await job.expectPicture(true);
    await job.page.getByText('Attempt 2/3').waitFor();
    await job.expectWholeLog(await readLog(stage.url, jobId));
  });

  browserTest('[A9] failed non-retryable: retry is disabled, and the way on is a changed prompt', async ({ visit }) => {
    const { jobId, prompt, run } = await stage.begin({ size: '768', steps: 12, style: 'neon', seed: 7 });
    const job = new JobPage(await visit(addressOf(jobId)));
    run.fail('PROVIDER_REJECTED');
    await job.expectState('failed-final');
    await job.expectBanner('Not retryable');
    await job.expectBanner('Change the prompt or the settings, then start again.');
    await eventually(() => job.button('Retry generation').isDisabled()).toBe(true);

    await job.page.getByRole('link', { name: 'Edit prompt & restart' }).click();
    await job.page.waitForURL((url) => url.pathname === '/');
    const { page } = job;
    await eventually(() => page.getByLabel('Prompt', { exact: true }).inputValue()).toBe(prompt);
    await eventually(() => page.getByLabel('Size', { exact: true }).inputValue()).toBe('768');
    await eventually(() => page.getByLabel('Steps', { exact: true }).inputValue()).toBe('12');
    await eventually(() => page.getByLabel('Style', { exact: true }).inputValue()).toBe('neon');
    await eventually(() => page.getByLabel('Seed', { exact: true }).inputValue()).toBe('7');
  });
});

describe.concurrent('[A9] cancelled', () => {
  browserTest(
    '[A9] cancelled: asks first, then a neutral banner over the last known progress, and no more updates',
    async ({ visit }) => {
      const { jobId, run } = await stage.begin();
      const job = new JobPage(await visit(addressOf(jobId)));
      run.step(4);
      await job.expectSeq(6);
      await job.expectPicture(false);

      await job.button('Cancel').click();
      const dialog = job.page.getByRole('dialog', { name: 'Cancel this generation?' });
      await dialog.getByRole('button', { name: 'Keep going' }).click();
      await dialog.waitFor({ state: 'hidden' });
      await job.expectStatus('running');
      run.step();
      await job.expectSeq(7);

      await job.button('Cancel').click();
      await dialog.getByRole('button', { name: 'Cancel job' }).click();
      await job.expectState('cancelled');
      await dialog.waitFor({ state: 'hidden' });
      await job.expectBanner('Cancelled');
      await job.expectBanner('Stopped at 50%. There will be no further updates.');
      await eventually(() => job.banner.locator('[data-tone=neutral]').count()).toBe(1);
      await job.expectStatus('cancelled');
      await job.expectPicture(false);

      run.step(3);
      run.finish();
      await eventually(() => run.over).toBe(true);
      await job.expectWholeLog(await readLog(stage.url, jobId));
      expect(await job.lastSeq()).toBe(8);
      await eventually(() => job.page.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('50');
      for (const name of ['Reconnect', 'Switch to Polling', 'Cancel']) {
        await eventually(() => job.button(name).isDisabled()).toBe(true);
      }
    },
  );

  browserTest('[A9] cancelled: a job that still waits is stopped before it begins', async ({ visit }) => {
    const single = await startStage({}, { concurrency: 1 });
    try {
      const { run } = await single.begin();
      const { id } = await createJob(single.url, newPrompt());
      const job = new JobPage(await visit(`${single.url}/jobs/${id}`));
      await job.expectStatus('queued');
      await job.page.getByText('Next in line').waitFor();
      await job.button('Cancel').click();
      await job.page.getByRole('button', { name: 'Cancel job' }).click();
      await job.expectState('cancelled');
      await job.expectBanner('Stopped before it began. There will be no further updates.');
      run.finish();
    } finally {
      await single.close();
    }
  });
});
