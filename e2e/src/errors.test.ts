import type { ErrorCode } from '@darkroom/protocol';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { readLog } from './harness/api.ts';
import { browserTest } from './harness/browser-test.ts';
import { JobPage } from './harness/job-page.ts';
import { type Stage, startStage } from './harness/stage.ts';
import { eventually } from './harness/until.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.close());

const addressOf = (jobId: string) => `${stage.url}/jobs/${jobId}`;

/** A network that lets plain requests through, and streams only while `open`. */
async function blockStreams(page: Page, { open = false } = {}) {
  const network = { open };
  const cuts: (() => void)[] = [];
  await page.routeWebSocket(/\/ws$/, (socket) => {
    if (!network.open) return void socket.close({ code: 1011 });
    socket.connectToServer();
    cuts.push(() => void socket.close({ code: 1011 }));
  });
  await page.route('**/api/jobs/*/events**', (route) => (network.open ? route.continue() : route.abort()));
  return {
    block: () => {
      network.open = false;
      for (const cut of cuts.splice(0)) cut();
    },
    unblock: () => {
      network.open = true;
    },
  };
}

describe.concurrent('[A10] network disconnected', () => {
  browserTest(
    '[A10] network disconnected: falls back to polling by itself, keeps the last preview, offers to reconnect',
    async ({ prepare }) => {
      const { jobId, run } = await stage.begin();
      const visit = await prepare();
      const job = new JobPage(visit);
      const network = await blockStreams(visit.page, { open: true });
      await visit.page.goto(addressOf(jobId));
      await job.expectState('live');
      // Where the machine is too busy for a handshake in time, the page is live over SSE first.
      await job.expectMode('ws');
      run.step(3);
      await job.expectSeq(5);
      const preview = (await readLog(stage.url, jobId)).at(-1)?.previewUrl;
      await eventually(() => job.picture.getAttribute('src')).toBe(preview);

      network.block();
      await job.expectBanner('Connection lost. Switching to polling.');
      expect(await job.picture.getAttribute('src')).toBe(preview);
      await job.expectState('degraded');
      await job.expectMode('poll');
      await job.expectBanner('Live updates unavailable, using polling every');
      await job.expectBanner('Connection lost. Switching to polling.');
      expect(await job.picture.getAttribute('src')).toBe(preview);
      run.step(2);
      await job.expectSeq(7);

      network.unblock();
      await job.pressUnlessGone('Reconnect now');
      await job.expectState('live');
      await job.expectMode('ws');
      run.step(5);
      run.finish();
      await job.expectState('completed');
      await job.expectWholeLog(await readLog(stage.url, jobId));
    },
  );
});

describe.concurrent('[A10] stream blocked', () => {
  browserTest('[A10] stream blocked: says so, polls, and tries SSE/WS again when asked', async ({ prepare }) => {
    const { jobId, run } = await stage.begin();
    const visit = await prepare();
    const job = new JobPage(visit);
    const network = await blockStreams(visit.page);
    await visit.page.goto(addressOf(jobId));
    await job.expectState('degraded');
    await job.expectMode('poll');
    await job.expectBanner('Real-time stream unavailable in this network.');
    await job.expectBanner('Live updates unavailable, using polling every');
    run.step(2);
    await job.expectSeq(4);

    await job.button('Try SSE/WS again').click();
    await job.expectBanner('Real-time stream unavailable in this network.');
    network.unblock();
    await job.pressUnlessGone('Try SSE/WS again');
    await job.expectState('live');
    await job.expectMode('ws');
    run.step(8);
    run.finish();
    await job.expectState('completed');
    await job.expectWholeLog(await readLog(stage.url, jobId));
  });

  browserTest('[A10] stream blocked: “Switch to polling” settles for it', async ({ prepare }) => {
    const { jobId } = await stage.begin();
    const visit = await prepare();
    const job = new JobPage(visit);
    await blockStreams(visit.page);
    await visit.page.goto(addressOf(jobId));
    await job.expectBanner('Real-time stream unavailable in this network.');
    await job.button('Switch to polling').click();
    await job.expectBanner('You switched to polling. Reconnect to go back to live updates.');
    await job.expectState('degraded');
    await job.expectMode('poll');
  });
});

describe.concurrent('[A10] provider rate limit or timeout', () => {
  const cases: readonly (readonly [ErrorCode, advice: string])[] = [
    ['PROVIDER_RATE_LIMIT', 'Wait a minute, then retry: the backend is serving others.'],
    ['PROVIDER_TIMEOUT', 'Retry now, or with fewer steps or a smaller size.'],
  ];
  for (const [code, advice] of cases) {
    browserTest(
      `[A10] ${code}: retry is enabled, attempts are counted, and waiting is suggested`,
      async ({ visit }) => {
        const { jobId, run } = await stage.begin();
        const job = new JobPage(await visit(addressOf(jobId)));
        run.step();
        run.fail(code, 'upstream said 429, slow down');
        await job.expectState('failed-retryable');
        await job.expectBanner('Generation is throttled or timed out. You can retry.');
        await job.expectBanner(advice);
        await job.expectBanner('Attempt 1 of 3.');
        await job.expectBanner('upstream said 429, slow down');
        await eventually(() => job.button('Retry generation').isEnabled()).toBe(true);
        await eventually(() => job.page.getByRole('link', { name: 'Edit prompt & restart' }).isVisible()).toBe(true);
        await job.expectAnnounced('Status: Failed. Generation is throttled or timed out. You can retry.');
      },
    );
  }
});

describe.concurrent('[A10] invalid prompt or rejection', () => {
  for (const code of ['PROVIDER_REJECTED', 'INVALID_PROMPT'] as const) {
    browserTest(`[A10] ${code}: retry is disabled, “Edit prompt & restart” is the way on`, async ({ visit }) => {
      const { jobId, prompt, run } = await stage.begin();
      const job = new JobPage(await visit(addressOf(jobId)));
      run.fail(code);
      await job.expectState('failed-final');
      await job.expectBanner('Your prompt was rejected. Please edit and retry.');
      await eventually(() => job.button('Retry generation').isDisabled()).toBe(true);
      await job.page.getByRole('link', { name: 'Edit prompt & restart' }).click();
      await job.page.waitForURL((url) => url.pathname === '/');
      await eventually(() => job.page.getByLabel('Prompt', { exact: true }).inputValue()).toBe(prompt);
    });
  }
});

describe.concurrent('[A10] the server itself', () => {
  browserTest('[A10] a fault of our own: an honest sentence without our insides, and retry', async ({ visit }) => {
    const { jobId, run } = await stage.begin();
    const job = new JobPage(await visit(addressOf(jobId)));
    run.crash('TypeError: cannot read secrets of /etc/darkroom');
    await job.expectState('failed-retryable');
    await job.expectBanner('Something went wrong on the server.');
    expect(await job.page.content()).not.toContain('secrets');
    await eventually(() => job.button('Retry generation').isEnabled()).toBe(true);
  });

  browserTest('[A10] a job that does not exist: says so, and the ways on', async ({ visit }) => {
    const { page } = await visit(addressOf('AAAAAAAAAAAAAAAAAAAAAA'));
    await page.getByRole('heading', { level: 1, name: 'Job not found' }).waitFor();
    await page.getByRole('link', { name: 'See the history' }).waitFor();
    await page.getByRole('link', { name: 'Start a new generation' }).click();
    await page.getByRole('heading', { level: 1, name: 'Generate Images' }).waitFor();
  });

  browserTest(
    '[A10] a server that does not answer: the page says so, keeps trying and shows the job when it does',
    async ({ prepare }) => {
      const { jobId } = await stage.begin();
      const visit = await prepare();
      const job = new JobPage(visit);
      const network = await blockStreams(visit.page);
      const polls = { pass: false };
      await visit.page.route(/\/api\/jobs\/[\w-]+\?/, (route) => (polls.pass ? route.continue() : route.abort()));
      await visit.page.goto(addressOf(jobId));
      await visit.page.getByRole('heading', { name: 'The server is not available' }).waitFor();
      await visit.page.getByText(/^Next try in \d+ sec\.$/).waitFor();

      polls.pass = true;
      network.unblock();
      await job.pressUnlessGone('Try again now');
      await job.expectState('live');
      await job.expectStatus('running');
    },
  );
});
