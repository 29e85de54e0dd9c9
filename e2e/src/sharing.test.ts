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

describe.concurrent('[A1] one job, many pages', () => {
  browserTest(
    '[A1] a reload, a second tab and a phone in mid-job show it live from its beginning, all alike',
    async ({ visit }) => {
      const { jobId, run } = await stage.begin({ steps: 24 });
      const address = `${stage.url}/jobs/${jobId}`;
      const first = new JobPage(await visit(address));
      await first.expectState('live');
      run.step(9);
      await first.expectSeq(11);
      const before = await first.rows();
      expect(before.map(({ seq }) => seq)).toEqual(Array.from({ length: 11 }, (_, index) => index + 1));

      await first.page.reload();
      await first.expectState('live');
      await first.expectSeq(11);
      expect(await first.rows()).toEqual(before);

      const tab = new JobPage(await first.visit.tab());
      await tab.page.goto(address);
      const phone = new JobPage(await visit(address, 'phone'));
      const pages = [first, tab, phone];
      for (const page of pages) {
        await page.expectState('live');
        await page.expectMode('ws');
        await page.expectSeq(11);
        expect(await page.rows()).toEqual(before);
      }

      run.step(15);
      run.finish();
      for (const page of pages) await page.expectState('completed');
      const log = await readLog(stage.url, jobId);
      const table = await first.rows();
      for (const page of pages) {
        await page.expectPicture(true);
        await page.expectWholeLog(log);
        expect(await page.rows()).toEqual(table);
      }
      await tab.page.close();
    },
  );

  browserTest('[A1] what one page does, the others show: cancel here, cancelled there', async ({ visit }) => {
    const { jobId, run } = await stage.begin();
    const address = `${stage.url}/jobs/${jobId}`;
    const here = new JobPage(await visit(address));
    const there = new JobPage(await visit(address, 'phone'));
    run.step(5);
    await there.expectSeq(7);
    await here.button('Cancel').click();
    await here.button('Cancel job').click();
    await there.expectState('cancelled');
    await there.expectBanner('Stopped at 50%. There will be no further updates.');
  });

  browserTest('[A1] a job that has ended opens as it ended, without a live connection', async ({ visit }) => {
    const { jobId, run } = await stage.begin();
    run.step(10);
    run.finish();
    await eventually(async () => (await readLog(stage.url, jobId)).at(-1)?.stage).toBe('completed');
    const job = new JobPage(await visit(`${stage.url}/jobs/${jobId}`));
    await job.expectState('completed');
    await job.expectWholeLog(await readLog(stage.url, jobId));
  });
});

/** The content of a page's `<meta>` tags by their `name` or `property`, and its title: what a link preview reads. */
async function readHead(path: string): Promise<{ status: number; title: string; meta: Record<string, string> }> {
  const response = await fetch(`${stage.url}${path}`, { headers: { accept: 'text/html' } });
  const html = await response.text();
  const head = html.slice(0, html.indexOf('</head>'));
  const text = (escaped: string) =>
    escaped.replace(
      /&(lt|gt|quot|#39|amp);/g,
      (_, name) => ({ lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' })[String(name)] ?? '',
    );
  const tags = [...head.matchAll(/<meta (?:name|property)="([^"]+)" content="([^"]*)"/g)];
  return {
    status: response.status,
    title: text(/<title>([^<]*)<\/title>/.exec(head)?.[1] ?? ''),
    meta: Object.fromEntries(tags.map(([, name = '', content = '']) => [name, text(content)])),
  };
}

describe.concurrent('[A13] titles and link previews, over plain HTTP', () => {
  browserTest('[A13] Home', async () => {
    const { status, title, meta } = await readHead('/');
    expect(status).toBe(200);
    expect(title).toBe('Generate Images');
    expect(meta['description']).toBe('Start an image generation job and track it live.');
    expect(meta['og:title']).toBe('Generate Images');
    expect(meta['og:description']).toBe('Start an image generation job and track it live.');
    const image = await fetch(meta['og:image'] ?? '');
    expect(image.status).toBe(200);
    expect(image.headers.get('content-type')).toBe('image/png');
  });

  browserTest('[A13] a job: its status and its newest picture, while it runs and when it is done', async () => {
    const { jobId, prompt, run } = await stage.begin();
    run.step(4);
    await eventually(async () => (await readLog(stage.url, jobId)).length).toBe(6);
    const running = await readHead(`/jobs/${jobId}`);
    expect(running.title).toBe('Generation Progress');
    expect(running.meta['og:title']).toBe('Generation Progress');
    expect(running.meta['og:description']).toBe(
      `Running 40%: “${prompt}”. Live status updates and results for your job.`,
    );
    const log = await readLog(stage.url, jobId);
    expect(running.meta['og:image']).toBe(`${stage.url}${log.at(-1)?.previewUrl}`);
    expect((await fetch(running.meta['og:image'] ?? '')).status).toBe(200);

    run.finish();
    await eventually(async () => (await readLog(stage.url, jobId)).at(-1)?.stage).toBe('completed');
    const done = await readHead(`/jobs/${jobId}`);
    expect(done.meta['og:description']).toMatch(/^Completed: “/);
    const result = (await readLog(stage.url, jobId)).at(-1)?.resultUrls?.[0];
    expect(done.meta['og:image']).toBe(`${stage.url}${result}`);
    expect(done.meta['og:url']).toBe(`${stage.url}/jobs/${jobId}`);
  });

  browserTest('[A13] a prompt cannot break out of the tags', async ({ visit }) => {
    const prompt = `"><script>document.title='owned'</script><!--head-->$& ${'x'.repeat(8)}`;
    const response = await fetch(`${stage.url}/api/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ prompt }),
    });
    const { job }: { job: { id: string } } = await response.json();
    const { meta } = await readHead(`/jobs/${job.id}`);
    expect(meta['og:description']).toContain(`“${prompt}”`);
    const { page } = await visit(`${stage.url}/jobs/${job.id}`);
    await page.getByText(prompt, { exact: true }).first().waitFor();
    await eventually(() => page.title()).toMatch(/· Generation Progress$/);
  });

  browserTest('[A13] a link to no job is a 404 that says nothing of any job', async () => {
    const { status, title, meta } = await readHead('/jobs/AAAAAAAAAAAAAAAAAAAAAA');
    expect(status).toBe(404);
    expect(title).toBe('Generation Progress');
    expect(meta['robots']).toBe('noindex');
  });

  browserTest('[A13] in the browser the title follows the page', async ({ visit }) => {
    const { page } = await visit(stage.url);
    await eventually(() => page.title()).toBe('Generate Images');
    await page.getByRole('link', { name: 'History', exact: true }).click();
    await eventually(() => page.title()).toBe('History');
    await page.goBack();
    await eventually(() => page.title()).toBe('Generate Images');
  });
});
