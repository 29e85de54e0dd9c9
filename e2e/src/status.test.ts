import { startDarkroom } from '@darkroom/server/src/testing/test-darkroom.ts';
import type { Page } from 'playwright-core';
import { describe, expect, inject } from 'vitest';
import { expectSound, expectUsable } from './harness/audit.ts';
import { browserTest } from './harness/browser-test.ts';
import { NetworkProxy } from './harness/network-proxy.ts';
import { startStage } from './harness/stage.ts';
import { eventually } from './harness/until.ts';

const card = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

describe.concurrent('[B14] [B2] the Status page', () => {
  browserTest(
    '[B14] [B2] [A11] all is well: each backend with its load and what it can do, and the server',
    async ({ visit }) => {
      const stage = await startStage(
        {},
        { name: 'forge', concurrency: 2, capabilities: { models: ['dreamy', 'real'], samplers: ['DDIM'] } },
        { name: 'painter', capabilities: { cfg: false, models: [], samplers: [] } },
      );
      try {
        const visitor = await visit(stage.url);
        const { page } = visitor;
        await page.getByRole('navigation').getByRole('link', { name: 'Status' }).click();
        await page.getByText('2 backends are ready for jobs.').waitFor();
        const server = page.getByRole('region', { name: 'Server' });
        for (const text of ['0.1.0', 'Working']) await server.getByText(text).waitFor();
        const forge = card(page, 'forge');
        await eventually(() => forge.locator('[data-health]').textContent()).toBe('Ready');
        await forge.getByText('0 of 2').waitFor();
        await forge.getByText('not known yet').waitFor();
        await forge.getByText('2 models').click();
        await forge.getByText('dreamy').waitFor();
        expect(await forge.getByRole('listitem').filter({ hasText: 'Guidance (CFG)' }).textContent()).toContain('yes');
        const painter = card(page, 'painter');
        expect(await painter.getByRole('listitem').filter({ hasText: 'Guidance (CFG)' }).textContent()).toContain('no');
        expect(await painter.getByText(/models?$/).count()).toBe(0);
        await eventually(() => page.title()).toBe('Status');
        await visitor.inEveryWidth(expectSound);

        // It keeps itself up to date.
        const { run } = await stage.begin({ provider: 'forge' });
        await forge.getByText('1 of 2').waitFor();
        run.finish();
        await forge.getByText('0 of 2').waitFor();
        await forge.getByText(/^about \d+ sec$/).waitFor();
        await eventually(() => page.getByTestId('last-updated').textContent()).toMatch(/^Updated (now|\d+ .+ ago)$/);
      } finally {
        await stage.close();
      }
    },
  );

  browserTest(
    '[C7] [A11] a backend that rests: until when, after how many failures, and what they were',
    async ({ visit }) => {
      const stage = await startStage(
        { BREAKER_FAILURES: '2', BREAKER_OPEN: '10m' },
        { name: 'forge', health: { ok: true, message: 'Model: dreamy' } },
        { name: 'gone', health: { ok: false, message: 'connect ECONNREFUSED' } },
      );
      try {
        for (let failure = 1; failure <= 2; failure++) {
          const { run } = await stage.begin({ provider: 'forge' });
          run.fail('PROVIDER_TIMEOUT', `forge gave no answer, time ${failure}`);
          await eventually(() => run.over).toBe(true);
        }
        const visitor = await visit(`${stage.url}/status`);
        const { page } = visitor;
        await page.getByText('No backend can take jobs right now', { exact: true }).waitFor();
        const forge = card(page, 'forge');
        await eventually(() => forge.locator('[data-health]').textContent()).toBe('Resting');
        await forge.getByText(/^Resting after 2 failures, tries again at \d\d:\d\d:\d\d\.$/).waitFor();
        await forge.getByText('Model: dreamy').waitFor();
        const failures = forge.getByRole('list', { name: 'Recent failures' }).getByRole('listitem');
        expect((await failures.allTextContents()).map((text) => /time \d/.exec(text)?.[0])).toEqual([
          'time 2',
          'time 1',
        ]);
        await eventually(() => failures.first().textContent()).toContain('PROVIDER_TIMEOUT');
        const gone = card(page, 'gone');
        await eventually(() => gone.locator('[data-health]').textContent()).toBe('Not answering');
        await gone.getByText('connect ECONNREFUSED').waitFor();
        // The browser itself notes that the health of such a server is answered with 503.
        await visitor.inEveryWidth(expectUsable);
        expect(await visitor.violations()).toEqual([]);
      } finally {
        await stage.close();
      }
    },
  );

  browserTest('[C7] one backend of two that rests is a warning, not an alarm', async ({ visit }) => {
    const stage = await startStage({ BREAKER_FAILURES: '1' }, { name: 'forge' }, { name: 'painter' });
    try {
      const { run } = await stage.begin({ provider: 'forge' });
      run.fail('PROVIDER_TIMEOUT');
      await eventually(() => run.over).toBe(true);
      const { page } = await visit(`${stage.url}/status`);
      await page.getByText('1 of 2 backends cannot take jobs right now', { exact: true }).waitFor();
      await eventually(() => card(page, 'painter').locator('[data-health]').textContent()).toBe('Ready');
      await eventually(() => page.getByRole('main').getByRole('status').first().textContent()).toContain(
        'forge: Resting. painter: Ready.',
      );
    } finally {
      await stage.close();
    }
  });

  browserTest(
    '[B2] a server that does not answer: what was known stays, said to be old, until it is back',
    async ({ visit }) => {
      const stage = await startStage();
      const wire = await NetworkProxy.start(stage.url);
      try {
        const visitor = await visit(`${wire.url}/status`);
        const { page } = visitor;
        await page.getByText('1 backend is ready for jobs.').waitFor();
        wire.cut();
        const alert = page.getByRole('alert');
        await eventually(() => alert.textContent()).toContain('The server does not answer');
        await eventually(() => alert.textContent()).toMatch(/Shown is how things were (now|\d+ sec\. ago)/);
        await eventually(() => card(page, 'scripted').locator('[data-health]').textContent()).toBe('Ready');
        await expectUsable(visitor);
        // While it is still away: once it is back, the page may notice before anybody can press.
        const asked = page.waitForRequest(/\/api\//);
        await page.getByRole('button', { name: 'Try again now' }).click();
        await asked;
        wire.mend();
        await alert.waitFor({ state: 'detached' });
      } finally {
        await wire.close();
        await stage.close();
      }
    },
  );

  browserTest(
    '[B2] a server that never answered: says so, keeps asking, and then shows it all',
    async ({ prepare }) => {
      const stage = await startStage();
      try {
        const visitor = await prepare('phone');
        const { page } = visitor;
        const { promise: released, resolve: release } = Promise.withResolvers<void>();
        let open = false;
        await page.route('**/api/health', async (route) => {
          await released;
          return open ? route.continue() : route.abort();
        });
        await page.goto(`${stage.url}/status`);
        await eventually(() => page.locator('.shimmer').count()).toBeGreaterThan(3);
        await expectUsable(visitor);
        release();
        await page.getByRole('heading', { name: 'The server does not answer' }).waitFor();
        await expectUsable(visitor);
        open = true;
        await page.getByText('1 backend is ready for jobs.').waitFor();
      } finally {
        await stage.close();
      }
    },
  );

  browserTest('[B2] a server without backends says what to do', async ({ visit }) => {
    const darkroom = await startDarkroom({}, { providers: [], webRoot: inject('webRoot') });
    try {
      const visitor = await visit(`${darkroom.url}/status`);
      await visitor.page.getByRole('heading', { name: 'No backends' }).waitFor();
      await expectUsable(visitor);
    } finally {
      await darkroom.stop();
    }
  });
});
