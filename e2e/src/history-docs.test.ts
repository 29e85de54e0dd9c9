import { afterAll, beforeAll, describe, expect } from 'vitest';
import { readLog } from './harness/api.ts';
import { browserTest } from './harness/browser-test.ts';
import { JobPage } from './harness/job-page.ts';
import { type Begun, type Stage, startStage } from './harness/stage.ts';
import { eventually } from './harness/until.ts';

const JOBS = 30;
let stage: Stage;
const begun: Begun[] = [];

beforeAll(async () => {
  stage = await startStage({}, { concurrency: JOBS });
  for (let index = 0; index < JOBS; index++) begun.push(await stage.begin({ steps: 5 }));
  for (const [index, { run }] of begun.entries()) {
    if (index % 10 === 0) run.fail('PROVIDER_REJECTED');
    else run.finish();
  }
  for (const { jobId } of begun) {
    await eventually(async () => (await readLog(stage.url, jobId)).at(-1)?.stage).toMatch(/completed|failed/);
  }
});
afterAll(() => stage.close());

describe.concurrent('[B13] the history', () => {
  browserTest('[B13] every job, newest first, page by page', async ({ visit }) => {
    const { page } = await visit(`${stage.url}/history`);
    const tiles = page.getByRole('list', { name: 'Jobs' }).getByRole('listitem');
    await eventually(() => tiles.count()).toBe(24);
    await page.getByRole('button', { name: 'Load more' }).click();
    await eventually(() => tiles.count()).toBe(JOBS);
    const shown = await tiles.getByRole('link').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
    expect(shown).toEqual(begun.map(({ jobId }) => `/jobs/${jobId}`).reverse());
    await page.getByText('That is all.').waitFor();
  });

  browserTest('[B13] searching and filtering by status; a tile leads to its job', async ({ visit }) => {
    const visitor = await visit(`${stage.url}/history`);
    const { page } = visitor;
    const tiles = page.getByRole('list', { name: 'Jobs' }).getByRole('listitem');
    await eventually(() => tiles.count()).toBe(24);
    await page.getByLabel('Status').selectOption('failed');
    await eventually(() => tiles.count()).toBe(2);
    await page.getByLabel('Status').selectOption('all');
    const wanted = begun.at(-2);
    await page.getByRole('searchbox', { name: 'Search prompts' }).fill(wanted?.prompt.toUpperCase() ?? '?');
    await eventually(() => tiles.count()).toBe(1);
    await tiles.getByRole('link').click();
    await page.waitForURL(`${stage.url}/jobs/${wanted?.jobId}`);
    await new JobPage(visitor).expectState('completed');
  });

  browserTest('[B13] a new job appears by itself, and so does what becomes of it', async ({ visit }) => {
    const fresh = await startStage();
    try {
      const { page } = await visit(`${fresh.url}/history`);
      await page.getByText('No jobs yet').waitFor();
      const { run } = await fresh.begin();
      const tile = page.getByRole('list', { name: 'Jobs' }).getByRole('listitem');
      await eventually(() => tile.getByText('Running').count()).toBe(1);
      run.finish();
      await eventually(() => tile.getByText('Completed').count()).toBe(1);
    } finally {
      await fresh.close();
    }
  });

  browserTest('[B13] an empty history says how to begin', async ({ visit }) => {
    const empty = await startStage();
    try {
      const { page } = await visit(`${empty.url}/history`);
      await page.getByText('No jobs yet').waitFor();
      await page.getByRole('link', { name: 'Generate your first image' }).click();
      await page.getByRole('heading', { level: 1, name: 'Generate Images' }).waitFor();
    } finally {
      await empty.close();
    }
  });
});

describe('[A7] the docs', () => {
  browserTest('[A7] the docs show this server’s own address, and the example they give works', async ({ visit }) => {
    const visitor = await visit(`${stage.url}/docs`);
    await visitor.page.getByRole('heading', { level: 1, name: 'API Docs' }).waitFor();
    const example = await visitor.page.getByRole('region', { name: 'Example: Create a job' }).textContent();
    expect(example).toContain(`${stage.url}/api/jobs`);
    const [, body = ''] = /-d '(\{.*\})'/s.exec(example ?? '') ?? [];
    const response = await fetch(`${stage.url}/api/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(response.status).toBe(201);
    for (const path of ['/api/jobs', '/api/jobs/{jobId}', '/api/jobs/{jobId}/events', '/api/generate', '/api/health']) {
      await visitor.page.getByText(path, { exact: true }).first().waitFor();
    }
  });

  browserTest('[A12] on a phone the copy button stands beside the code, never over it', async ({ visit }) => {
    const { page } = await visit(`${stage.url}/docs`, 'phone');
    const code = await page.getByRole('region', { name: 'Example: Create a job' }).boundingBox();
    const button = await page.getByRole('button', { name: 'Copy code' }).first().boundingBox();
    if (code === null || button === null) throw new Error('there is no example');
    expect(button.x).toBeGreaterThanOrEqual(code.x + code.width);
  });
});
