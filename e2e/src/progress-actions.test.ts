import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { readLog } from './harness/api.ts';
import { browserTest } from './harness/browser-test.ts';
import { HomePage } from './harness/home-page.ts';
import { JobPage } from './harness/job-page.ts';
import { picture } from './harness/pictures.ts';
import { type Stage, startStage } from './harness/stage.ts';
import { eventually } from './harness/until.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.close());

const addressOf = (jobId: string) => `${stage.url}/jobs/${jobId}`;

/** A job that has ended well, with this many steps and pictures. */
async function completed({ steps = 6, pictures = 1 } = {}) {
  const begun = await stage.begin({ steps, count: pictures });
  begun.run.step(steps);
  begun.run.finish();
  for (let made = 1; made < pictures; made++) (await stage.backend.run(begun.prompt)).finish();
  await eventually(async () => (await readLog(stage.url, begun.jobId)).at(-1)?.stage).toBe('completed');
  return begun;
}

describe('[A8] the header', () => {
  browserTest('[A8] the transport chip explains itself on hover and on focus', async ({ visit }) => {
    const { jobId } = await stage.begin();
    const job = new JobPage(await visit(addressOf(jobId)));
    await job.expectMode('ws');
    const tooltip = job.page.getByRole('tooltip');
    // Its code comes after the page, and replaces the chip by one that listens.
    await eventually(() => job.chip.getAttribute('data-state')).toBe('closed');
    await job.chip.hover();
    await tooltip.waitFor();
    await eventually(() => tooltip.textContent()).toBe('WS preferred; auto fallback enabled.');
    await job.page.mouse.move(640, 700, { steps: 12 });
    await tooltip.waitFor({ state: 'detached' });
    await job.chip.focus();
    await tooltip.waitFor();
    await eventually(() => tooltip.textContent()).toBe('WS preferred; auto fallback enabled.');
  });

  browserTest('[A8] the header stays in sight, with the short id, the status and the attempt', async ({ visit }) => {
    const { jobId } = await completed();
    const job = new JobPage(await visit(addressOf(jobId)));
    await job.expectState('completed');
    const header = job.page.getByRole('region', { name: 'Job summary and connection' });
    for (const text of [new RegExp(jobId.slice(0, 8)), /Completed/, /Attempt 1\/3/, /WS|SSE/]) {
      await eventually(() => header.textContent()).toMatch(text);
    }
    await job.page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
    await eventually(() => job.page.evaluate(() => window.scrollY)).toBeGreaterThan(100);
    const { y = -1 } = (await header.boundingBox()) ?? {};
    expect(y).toBeGreaterThanOrEqual(0);
    expect(y).toBeLessThan(24);
  });

  browserTest('[A8] switching to polling and back by “Reconnect” loses nothing', async ({ visit }) => {
    const { jobId, run } = await stage.begin();
    const job = new JobPage(await visit(addressOf(jobId)));
    await job.expectMode('ws');
    run.step(2);
    await job.button('Switch to Polling').click();
    await job.expectMode('poll');
    await eventually(() => job.button('Switch to Polling').isDisabled()).toBe(true);
    run.step(2);
    await job.expectSeq(6);
    await job.page.reload();
    await job.expectMode('poll');
    await job.expectState('degraded');

    await job.button('Reconnect').click();
    await job.expectMode('ws');
    await job.expectState('live');
    run.step(6);
    run.finish();
    await job.expectState('completed');
    await job.expectWholeLog(await readLog(stage.url, jobId));
  });

  browserTest('[A8] the whole job id can be copied', async ({ visit }) => {
    const { jobId } = await stage.begin();
    const job = new JobPage(await visit(addressOf(jobId)));
    await job.button('Copy job id').click();
    await eventually(() => job.visit.clipboard()).toBe(jobId);
  });
});

describe('[A8] sharing and starting over', () => {
  browserTest('[A8] “Copy share link” copies the address of this job, which opens it', async ({ visit }) => {
    const { jobId, prompt } = await completed();
    const job = new JobPage(await visit(addressOf(jobId)));
    await job.button('Copy share link').click();
    await job.visit.expectNotice('Link copied');
    const link = (await job.visit.clipboard()) ?? '';
    expect(link).toBe(addressOf(jobId));
    const other = new JobPage(await visit(link));
    await other.expectState('completed');
    await other.page.getByText(prompt).first().waitFor();
  });

  browserTest('[A8] “Restart with modified prompt” fills Home with what was asked for', async ({ visit }) => {
    const { jobId, prompt } = await stage.begin({ size: '1024', steps: 30, style: 'sepia', seed: 99 });
    const job = new JobPage(await visit(addressOf(jobId)));
    await job.page.getByRole('link', { name: 'Restart with modified prompt' }).click();
    const home = new HomePage(job.visit);
    await home.prompt.waitFor();
    expect(await home.values()).toEqual({ prompt, size: '1024', steps: '30', style: 'sepia', seed: '99' });
  });
});

describe('[A8] support', () => {
  browserTest('[A8] “Copy debug info”: last event, mode and times', async ({ visit }) => {
    const { jobId, run } = await stage.begin();
    const job = new JobPage(await visit(addressOf(jobId)));
    run.step(3);
    await job.expectSeq(5);
    await job.button('Copy debug info').click();
    await job.visit.expectNotice('Debug info copied');
    const info = await job.visit.clipboard();
    expect(info).toContain(`job: ${jobId}`);
    expect(info).toContain('last event seq: 5');
    expect(info).toContain('mode: ws');
    expect(info).toMatch(/last message: \d{4}-\d\d-\d\dT/);
    expect(info).toMatch(/created: \d{4}-\d\d-\d\dT/);
  });

  browserTest('[A8] raw event details are the log itself, and follow it', async ({ visit }) => {
    const { jobId, run } = await stage.begin();
    const job = new JobPage(await visit(addressOf(jobId)));
    run.step();
    await job.expectSeq(3);
    expect(await job.rawEvents()).toEqual(await readLog(stage.url, jobId));
    run.step();
    await job.expectSeq(4);
    expect(await job.rawEvents()).toEqual(await readLog(stage.url, jobId));
  });
});

describe.concurrent('[A8] the timeline', () => {
  browserTest('[A8] the stepper goes Queued, Running, Uploading, Completed', async ({ visit }) => {
    const { jobId, run } = await stage.begin();
    const job = new JobPage(await visit(addressOf(jobId)));
    const stages = job.page.getByRole('list', { name: 'Stages' }).getByRole('listitem');
    const progress = () => stages.evaluateAll((items) => items.map((item) => item.getAttribute('data-progress')));
    await eventually(progress).toEqual(['done', 'current', 'waiting', 'waiting']);
    expect((await stages.allTextContents()).map((text) => /^[A-Z][a-z]+/.exec(text)?.[0])).toEqual([
      'Queued',
      'Running',
      'Uploading',
      'Completed',
    ]);
    run.step(2);
    await job.page
      .getByText(/^Step 2 of 10/)
      .first()
      .waitFor();
    run.step(8);
    run.finish();
    await eventually(progress).toEqual(['done', 'done', 'done', 'done']);
  });

  browserTest('[A8] a press on an event shows its preview; “Back to latest” follows again', async ({ visit }) => {
    const { jobId, run } = await stage.begin();
    const job = new JobPage(await visit(addressOf(jobId)));
    run.step(4);
    await job.expectSeq(6);
    const log = await readLog(stage.url, jobId);
    await eventually(() => job.picture.getAttribute('src')).toBe(log[5]?.previewUrl);
    await job.table.locator('tr[data-seq="4"]').click();
    await eventually(() => job.picture.getAttribute('src')).toBe(log[3]?.previewUrl);
    await job.page.getByText('Event 4 of 6').waitFor();
    await job.button('Back to latest').click();
    await eventually(() => job.picture.getAttribute('src')).toBe(log[5]?.previewUrl);
  });
});

describe('[A8] the result', () => {
  browserTest('[A8] the picture can be downloaded, opened, and its address copied', async ({ visit }) => {
    const { jobId, run } = await completed();
    const job = new JobPage(await visit(addressOf(jobId)));
    await job.expectPicture(true);
    const path = (await readLog(stage.url, jobId)).at(-1)?.resultUrls?.[0] ?? '';

    const downloading = job.page.waitForEvent('download');
    await job.page.getByRole('link', { name: 'Download', exact: true }).click();
    const download = await downloading;
    expect(download.suggestedFilename()).toMatch(/\.png$/);
    expect((await buffer(await download.createReadStream())).equals(picture(run.request.seed).bytes)).toBe(true);

    const opening = job.visit.context.waitForEvent('page');
    await job.page.getByRole('link', { name: 'Open', exact: true }).click();
    const opened = await opening;
    await opened.waitForURL(`${stage.url}${path}`);
    expect(await opened.locator('img').evaluate((img: HTMLImageElement) => img.naturalWidth)).toBe(64);
    await opened.close();

    await job.button('Copy URL').click();
    await job.visit.expectNotice('Image URL copied');
    expect(await job.visit.clipboard()).toBe(`${stage.url}${path}`);
  });

  browserTest('[A8] several pictures have thumbnails, each of which shows its own', async ({ visit }) => {
    const { jobId } = await completed({ pictures: 3 });
    const job = new JobPage(await visit(addressOf(jobId)));
    await job.expectBanner('Your 3 images are ready.');
    const urls = (await readLog(stage.url, jobId)).at(-1)?.resultUrls ?? [];
    expect(urls.length).toBe(3);
    for (const index of [2, 1, 0]) {
      await job.button(`Image ${index + 1} of 3`).click();
      await eventually(() => job.picture.getAttribute('src')).toBe(urls[index]);
      await eventually(() => job.page.getByRole('link', { name: 'Open', exact: true }).getAttribute('href')).toBe(
        urls[index],
      );
    }
  });

  browserTest('[A8] the film strip replays every preview, then rests on the picture', async ({ visit }) => {
    const { jobId } = await completed({ steps: 6 });
    const job = new JobPage(await visit(addressOf(jobId)));
    await job.expectPicture(true);
    const log = await readLog(stage.url, jobId);
    const frames = log.flatMap(({ previewUrl }) => previewUrl ?? []);
    const result = log.at(-1)?.resultUrls?.[0];
    const seen = await job.page.evaluateHandle(() => {
      const shown: (string | null)[] = [];
      const look = () => {
        const src = document.querySelector('[data-testid=preview] img:last-child')?.getAttribute('src') ?? null;
        if (shown.at(-1) !== src) shown.push(src);
      };
      look();
      // Every change, however late the frame in which it is drawn.
      const preview = document.querySelector('[data-testid=preview]') ?? document.body;
      new MutationObserver(look).observe(preview, { subtree: true, childList: true, attributes: true });
      return shown;
    });
    await job.button('Play replay').click();
    await job.button('Pause replay').waitFor();
    await job.button('Play replay').waitFor();
    await eventually(() => job.picture.getAttribute('src')).toBe(result);
    await eventually(() => seen.jsonValue()).toEqual([result, ...frames, result]);

    await job.button('Frame 2 of 7').click();
    await eventually(() => job.picture.getAttribute('src')).toBe(frames[1]);
    const scrubber = job.page.getByRole('slider', { name: 'Frame' });
    await eventually(() => scrubber.getAttribute('aria-valuetext')).toBe('Frame 2 of 7');
    await scrubber.press('ArrowRight');
    await eventually(() => job.picture.getAttribute('src')).toBe(frames[2]);
    await scrubber.press('End');
    await eventually(() => job.picture.getAttribute('src')).toBe(result);
  });
});
