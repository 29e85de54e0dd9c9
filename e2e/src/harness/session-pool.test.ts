import type { BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { browserTest } from './browser-test.ts';
import { type Stage, startStage } from './stage.ts';

let stage: Stage;
/** The session in which the first test leaves something. */
let used: BrowserContext;

beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.close());

describe('a session that is lent again', () => {
  browserTest('is left with storage, cookies, routes, another tab and another size', async ({ visit }) => {
    const visitor = await visit(stage.url);
    const { page, context } = visitor;
    used = context;
    await page.evaluate(() => {
      localStorage.setItem('left', 'behind');
      sessionStorage.setItem('left', 'behind');
      console.error('left behind');
    });
    await page.route('**/*', (route) => route.abort());
    await page.setViewportSize({ width: 500, height: 500 });
    await visitor.tab();
    await context.setOffline(true);
    expect(await context.cookies()).not.toEqual([]);
  });

  browserTest('has nothing of that', async ({ visit }) => {
    const { page, context, errors, tabs } = await visit(`${stage.url}/favicon.svg`);
    expect(context).toBe(used);
    expect(await page.evaluate(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)])).toEqual([]);
    expect(await page.evaluate(() => [window.innerWidth, window.innerHeight])).toEqual([1280, 800]);
    expect(await context.cookies()).toEqual([]);
    expect(context.pages()).toHaveLength(1);
    expect([errors, tabs]).toEqual([[], []]);
  });

  browserTest('refuses what could not be undone', async ({ visit }) => {
    const { page, context } = await visit(stage.url);
    expect(() => page.clock.install()).toThrow('begin with “prepare”');
    expect(() => context.addInitScript('')).toThrow('begin with “prepare”');
  });

  browserTest('is closed when it cannot be emptied', async ({ visit }) => {
    const { page, context } = await visit(stage.url);
    used = context;
    await page.close();
  });

  browserTest('is another one then', async ({ visit }) => {
    expect((await visit(stage.url)).context).not.toBe(used);
  });
});
