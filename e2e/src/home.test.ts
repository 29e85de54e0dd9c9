import { afterAll, beforeAll, describe, expect } from 'vitest';
import { createJob, newPrompt } from './harness/api.ts';
import { browserTest } from './harness/browser-test.ts';
import { HomePage } from './harness/home-page.ts';
import { JobPage } from './harness/job-page.ts';
import { type Stage, startStage } from './harness/stage.ts';
import { eventually } from './harness/until.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.close());

describe.concurrent('[A7] the form', () => {
  browserTest('[A7] an empty prompt is refused in place, and gets the focus', async ({ visit }) => {
    const home = new HomePage(await visit(stage.url));
    await home.generate.click();
    await home.page.getByText('Write what you want to see.').waitFor();
    await eventually(() => home.prompt.getAttribute('aria-invalid')).toBe('true');
    await eventually(() => home.prompt.evaluate((element) => element === document.activeElement)).toBe(true);
    await home.prompt.fill('A kite');
    await home.page.getByText('Write what you want to see.').waitFor({ state: 'detached' });
    expect(new URL(home.page.url()).pathname).toBe('/');
  });

  browserTest('[A7] characters are counted, and too many of them refused by how many', async ({ visit }) => {
    const home = new HomePage(await visit(stage.url));
    await home.page.getByText('0 / 2,000').waitFor();
    await home.prompt.fill('  twelve chars ');
    await home.page.getByText('12 / 2,000').waitFor();
    await home.prompt.fill('x'.repeat(2_001));
    await home.page.getByText('1 character too many.').waitFor();
    await home.prompt.fill('x'.repeat(2_012));
    await home.page.getByText('12 characters too many.').waitFor();
    await home.generate.click();
    expect(new URL(home.page.url()).pathname).toBe('/');
    expect(stage.backend.provider.requests.some((request) => request.prompt.startsWith('xxx'))).toBe(false);
  });

  browserTest('[A7] steps and seed outside their bounds are refused with the bounds', async ({ visit }) => {
    const home = new HomePage(await visit(stage.url));
    await home.prompt.fill('A kite');
    for (const steps of ['4', '51', '7.5', '']) {
      await home.steps.fill(steps);
      await home.page.getByText('A whole number from 5 to 50.').waitFor();
    }
    await home.steps.fill('50');
    await home.page.getByText('A whole number from 5 to 50.').waitFor({ state: 'detached' });
    await home.openAdvanced();
    await home.seed.fill('4294967296');
    await home.page.getByText('A whole number from 0 to 4,294,967,295, or nothing.').waitFor();
    await home.generate.click();
    expect(new URL(home.page.url()).pathname).toBe('/');
  });

  browserTest('[A7] example prompts: one in the placeholder, each a press away', async ({ visit }) => {
    const home = new HomePage(await visit(stage.url));
    const examples = home.page.getByRole('group', { name: 'Try an example' }).getByRole('button');
    await eventually(() => examples.count()).toBeGreaterThan(2);
    const [first = '', ...others] = await examples.allTextContents();
    await eventually(() => home.prompt.getAttribute('placeholder')).toBe(`For example: ${first}`);
    await examples.last().click();
    await eventually(() => home.prompt.inputValue()).toBe(others.at(-1));
  });

  browserTest('[A7] Clear puts everything back', async ({ visit }) => {
    const home = new HomePage(await visit(`${stage.url}/?prompt=A+kite&size=1024&steps=9&style=ink&seed=5`));
    expect(await home.values()).toEqual({ prompt: 'A kite', size: '1024', steps: '9', style: 'ink', seed: '5' });
    await home.clear.click();
    expect(await home.values()).toEqual({ prompt: '', size: '512', steps: '20', style: 'none', seed: '' });
    await eventually(() => home.prompt.evaluate((element) => element === document.activeElement)).toBe(true);
  });

  browserTest('[A7] tips, and the way to the docs', async ({ visit }) => {
    const home = new HomePage(await visit(stage.url));
    await home.page.getByRole('heading', { name: 'Tips' }).waitFor();
    await home.page.getByRole('navigation').getByRole('link', { name: 'Docs' }).click();
    await home.page.waitForURL((url) => url.pathname === '/docs');
  });
});

describe.concurrent('[A7] Generate', () => {
  browserTest(
    '[A7] Generate: disabled with a spinner, then “Job created”, then the progress page',
    async ({ visit }) => {
      const home = new HomePage(await visit(stage.url));
      const { promise: released, resolve: release } = Promise.withResolvers<void>();
      await home.page.route('**/api/jobs', async (route) => {
        await released;
        await route.continue();
      });
      const prompt = newPrompt();
      await home.prompt.fill(prompt);
      await home.size.selectOption('768');
      await home.steps.fill('8');
      await home.style.selectOption('watercolour');
      await home.openAdvanced();
      await home.seed.fill('42');
      await home.generate.click();

      const submitting = home.page.getByRole('button', { name: 'Generating…' });
      await submitting.waitFor();
      await eventually(() => submitting.isDisabled()).toBe(true);
      await eventually(() => submitting.locator('svg').count()).toBe(1);
      release();
      await home.visit.expectNotice('Job created');
      await home.page.waitForURL(/\/jobs\/[\w-]{22}$/);

      const run = await stage.backend.run(prompt);
      expect(run.request).toEqual({ prompt, size: 768, steps: 8, style: 'watercolour', seed: 42 });
      const job = new JobPage(home.visit);
      await job.expectState('live');
      run.finish();
      await job.expectState('completed');
    },
  );

  browserTest('[A7] Ctrl+Enter in the prompt generates', async ({ visit }) => {
    const home = new HomePage(await visit(stage.url));
    const prompt = newPrompt();
    await home.prompt.fill(prompt);
    await home.prompt.press('Control+Enter');
    await home.page.waitForURL(/\/jobs\/[\w-]{22}$/);
    const run = await stage.backend.run(prompt);
    run.finish();
    await new JobPage(home.visit).expectState('completed');
  });

  browserTest(
    '[A7] server unavailable: said in place, and the same press later makes one job, not two',
    async ({ visit }) => {
      const home = new HomePage(await visit(stage.url));
      const prompt = newPrompt();
      let refused = 0;
      await home.page.route('**/api/jobs', async (route) => {
        if (route.request().method() !== 'POST') return route.continue();
        refused++;
        // The first try reaches the server; only its answer is lost.
        if (refused === 1) await route.fetch();
        return refused <= 3 ? route.abort() : route.continue();
      });
      await home.prompt.fill(prompt);
      await home.generate.click();
      const alert = home.page.getByRole('alert');
      await eventually(() => alert.textContent()).toContain('The server is not available.');
      await eventually(() => alert.textContent()).toContain('Check that the server is running, then try again.');
      await eventually(() => home.prompt.inputValue()).toBe(prompt);
      await eventually(() => home.generate.isEnabled()).toBe(true);

      await home.generate.click();
      await home.page.waitForURL(/\/jobs\/[\w-]{22}$/);
      expect(stage.backend.provider.requests.filter((request) => request.prompt === prompt).length).toBe(1);
    },
  );

  browserTest('[A7] queue full: said in place, with the time to wait', async ({ visit }) => {
    const small = await startStage({ MAX_QUEUED: '1' }, { concurrency: 1 });
    try {
      await small.begin();
      await createJob(small.url, newPrompt());
      const home = new HomePage(await visit(small.url));
      await home.prompt.fill(newPrompt());
      await home.generate.click();
      const alert = home.page.getByRole('alert');
      await eventually(() => alert.textContent()).toContain('The queue is full.');
      await eventually(() => alert.textContent()).toMatch(/Try again in \d+ sec\./);
      expect(new URL(home.page.url()).pathname).toBe('/');
      await eventually(() => home.generate.isEnabled()).toBe(true);
    } finally {
      await small.close();
    }
  });
});

describe.concurrent('[A7] recent jobs', () => {
  browserTest('[A7] recent jobs: the last five, newest first, each a link to its job', async ({ visit }) => {
    const fresh = await startStage();
    try {
      const home = new HomePage(await visit(fresh.url));
      await home.page.getByText('Your last five jobs will appear here.').waitFor();
      const prompts: string[] = [];
      for (let index = 0; index < 6; index++) {
        const { prompt, run } = await fresh.begin();
        run.step();
        run.finish();
        prompts.unshift(prompt);
      }
      await home.page.reload();
      const links = home.page.getByRole('region', { name: 'Recent jobs' }).getByRole('listitem');
      await eventually(() => links.count()).toBe(5);
      await eventually(async () => (await links.allTextContents()).every((text) => text.includes('Completed'))).toBe(
        true,
      );
      const shown = await links.allTextContents();
      expect(shown.map((text, index) => text.startsWith(prompts[index] ?? '?'))).toEqual(Array(5).fill(true));
      await links.first().getByRole('link').click();
      const job = new JobPage(home.visit);
      await job.expectState('completed');
      await job.page.getByText(prompts[0] ?? '?').waitFor();
    } finally {
      await fresh.close();
    }
  });
});
