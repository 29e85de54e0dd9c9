import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { readLog } from './harness/api.ts';
import { expectSound, expectUsable } from './harness/audit.ts';
import { browserTest } from './harness/browser-test.ts';
import { HomePage } from './harness/home-page.ts';
import { JobPage } from './harness/job-page.ts';
import { NetworkProxy } from './harness/network-proxy.ts';
import { type Begun, type Stage, startStage } from './harness/stage.ts';
import { eventually } from './harness/until.ts';
import type { Device, Visit } from './harness/visit.ts';

let stage: Stage;
/** One job of every kind of end, for the pages that list them. */
let jobs: Readonly<Record<'completed' | 'failed' | 'rejected' | 'cancelled' | 'running', Begun>>;

async function cancel(jobId: string): Promise<void> {
  await fetch(`${stage.url}/api/jobs/${jobId}/cancel`, { method: 'POST' });
}

beforeAll(async () => {
  stage = await startStage();
  const begin = () => stage.begin({ steps: 20 });
  jobs = {
    completed: await stage.begin({ steps: 20, count: 2 }),
    failed: await begin(),
    rejected: await begin(),
    cancelled: await begin(),
    running: await begin(),
  };
  for (const { run } of Object.values(jobs)) run.step(12);
  jobs.completed.run.finish();
  (await stage.backend.run(jobs.completed.prompt)).finish();
  jobs.failed.run.fail(
    'PROVIDER_TIMEOUT',
    'the backend at http://10.0.0.7:7860/sdapi/v1/txt2img gave no answer in 180 s',
  );
  jobs.rejected.run.fail('PROVIDER_REJECTED');
  const head = async (begun: Begun) => (await readLog(stage.url, begun.jobId)).at(-1);
  await eventually(async () => (await head(jobs.cancelled))?.percent).toBe(60);
  await cancel(jobs.cancelled.jobId);
  await eventually(async () => (await head(jobs.completed))?.stage).toBe('completed');
  await eventually(async () => (await head(jobs.running))?.percent).toBe(60);
});
afterAll(() => stage.close());

/** A page in a state worth looking at: how to get there. */
interface Scene {
  readonly name: string;
  readonly path: () => string;
  readonly arrive: (visit: Visit) => Promise<void>;
}

const jobScene = (kind: keyof typeof jobs, state: string): Scene => ({
  name: `Generation Progress, ${state}`,
  path: () => `/jobs/${jobs[kind].jobId}`,
  arrive: async (visit) => {
    const job = new JobPage(visit);
    await job.expectState(state);
    await job.expectPicture(state === 'completed');
    await job.page.locator('details summary').click();
  },
});

const heading = (name: string) => async (visit: Visit) => {
  await visit.page.getByRole('heading', { level: 1, name }).waitFor();
  await visit.settled();
};

const SCENES: readonly Scene[] = [
  { name: 'Home', path: () => '/', arrive: heading('Generate Images') },
  {
    name: 'Home with problems',
    path: () => '/?steps=99&seed=x',
    arrive: async (visit) => {
      const home = new HomePage(visit);
      await home.generate.click();
      await home.page.getByText('Write what you want to see.').waitFor();
      await visit.settled();
    },
  },
  {
    name: 'Home with advanced settings',
    path: () => '/?seed=7&negativePrompt=fog&cfg=99',
    arrive: async (visit) => {
      const home = new HomePage(visit);
      await home.negativePrompt.waitFor();
      await home.page.getByText('A number from 0 to 30, or nothing.').waitFor();
      await visit.settled();
    },
  },
  jobScene('running', 'live'),
  {
    name: 'Generation Progress, polling',
    path: () => `/jobs/${jobs.running.jobId}`,
    arrive: async (visit) => {
      const job = new JobPage(visit);
      await job.button('Switch to Polling').click();
      await job.expectState('degraded');
    },
  },
  {
    name: 'Generation Progress, asking whether to cancel',
    path: () => `/jobs/${jobs.running.jobId}`,
    arrive: async (visit) => {
      await new JobPage(visit).button('Cancel').click();
      await visit.page.getByRole('dialog').waitFor();
    },
  },
  jobScene('completed', 'completed'),
  jobScene('failed', 'failed-retryable'),
  jobScene('rejected', 'failed-final'),
  jobScene('cancelled', 'cancelled'),
  { name: 'History', path: () => '/history', arrive: heading('History') },
  {
    name: 'History, filtered to nothing',
    path: () => '/history',
    arrive: async (visit) => {
      await visit.page.getByRole('searchbox').fill('nothing has this prompt');
      await visit.page.getByText('Nothing matches').waitFor();
    },
  },
  { name: 'Status', path: () => '/status', arrive: heading('Status') },
  { name: 'Chat', path: () => '/chat', arrive: heading('New conversation') },
  { name: 'Docs', path: () => '/docs', arrive: heading('API Docs') },
  { name: 'Link', path: () => '/link#a.b', arrive: heading('Continue on this device?') },
  { name: 'Link, incomplete', path: () => '/link', arrive: heading('There is no link here') },
];

describe.concurrent('[A11] [A12] pages', () => {
  for (const { name, path, arrive } of SCENES) {
    browserTest(
      `[A11] [A12] ${name}, wide and narrow: axe is content, nothing sticks out, the console is silent`,
      async ({ visit }) => {
        const visitor = await visit(`${stage.url}${path()}`);
        await arrive(visitor);
        await visitor.inEveryWidth(expectSound);
      },
    );
  }
});

describe.concurrent('[A11] a page whose code is on its way', () => {
  for (const [name, path] of [
    ['Home', '/'],
    ['Chat', '/chat'],
  ] as const) {
    browserTest(`[A11] ${name}: says so under a heading, axe is content, nothing sticks out`, async ({ prepare }) => {
      const visitor = await prepare('phone');
      const { promise: released, resolve: release } = Promise.withResolvers<void>();
      await visitor.page.route('**/assets/*-page-*.js', async (route) => {
        await released;
        await route.continue();
      });
      await visitor.page.goto(`${stage.url}${path}`);
      await visitor.page.getByRole('heading', { level: 1, name: 'Loading…' }).waitFor();
      await expectUsable(visitor);
      release();
      await visitor.page.getByRole('heading', { level: 1, name: /(?<!Loading…)$/ }).waitFor();
    });
  }
});

/** A state that only a bad network brings: what to block, and what the page then is in. */
interface Trouble {
  readonly name: string;
  readonly block: (page: Page) => Promise<void>;
  readonly arrived: (visit: Visit) => Promise<void>;
}

const mute = (page: Page) => page.routeWebSocket(/\/ws$/, () => {});
const refuseSockets = (page: Page) => page.routeWebSocket(/\/ws$/, (socket) => void socket.close({ code: 1011 }));

const TROUBLES: readonly Trouble[] = [
  {
    name: 'initial loading',
    block: async (page) => {
      await mute(page);
      await page.route('**/api/jobs/**', () => {});
    },
    arrived: (visit) => new JobPage(visit).expectState('loading'),
  },
  { name: 'connecting', block: mute, arrived: (visit) => new JobPage(visit).expectState('connecting') },
  {
    name: 'streams blocked',
    block: async (page) => {
      await refuseSockets(page);
      await page.route('**/events**', (route) => route.abort());
    },
    arrived: async (visit) => {
      await new JobPage(visit).expectBanner('Real-time stream unavailable in this network.');
      await new JobPage(visit).expectState('degraded');
    },
  },
  {
    name: 'server unavailable',
    block: async (page) => {
      await refuseSockets(page);
      await page.route('**/api/**', (route) => route.abort());
    },
    arrived: async ({ page }) => page.getByRole('heading', { name: 'The server is not available' }).waitFor(),
  },
];

describe.concurrent('[A11] [A12] in trouble', () => {
  for (const { name, block, arrived } of TROUBLES) {
    browserTest(`[A11] [A12] ${name}, wide and narrow: axe is content, nothing sticks out`, async ({ prepare }) => {
      const visitor = await prepare();
      await block(visitor.page);
      await visitor.page.goto(`${stage.url}/jobs/${jobs.running.jobId}`);
      await arrived(visitor);
      await visitor.inEveryWidth(expectUsable);
    });
  }

  browserTest('[A9] [A11] reconnecting, wide and narrow: axe is content, nothing sticks out', async ({ visit }) => {
    const wire = await NetworkProxy.start(stage.url);
    try {
      const visitor = await visit(`${wire.url}/jobs/${jobs.running.jobId}`);
      await new JobPage(visitor).expectState('live');
      await new JobPage(visitor).expectPicture(false);
      wire.cut();
      await new JobPage(visitor).expectState('reconnecting');
      await visitor.inEveryWidth(expectUsable);
    } finally {
      await wire.close();
    }
  });
});

describe.concurrent('[A11] [A12] addresses that lead nowhere', () => {
  for (const [name, path] of [
    ['Page not found', '/no/such/page'],
    ['Job not found', '/jobs/AAAAAAAAAAAAAAAAAAAAAA'],
  ] as const) {
    browserTest(`[A11] [A12] ${name}: axe is content, nothing sticks out`, async ({ visit }) => {
      const visitor = await visit(`${stage.url}${path}`, 'phone');
      await visitor.page.getByRole('heading', { level: 1, name }).waitFor();
      // The browser itself notes the 404 of such an address in the console.
      const noted = visitor.errors.splice(0);
      expect(noted.filter((text) => !text.includes('404'))).toEqual([]);
      await expectSound(visitor);
    });
  }
});

describe('[A12] the layout', () => {
  browserTest(
    '[A12] side by side where there is room, 5 columns to 7; one below the other on a phone',
    async ({ visit }) => {
      const address = `${stage.url}/jobs/${jobs.completed.jobId}`;
      const boxes = async (device: Device) => {
        const job = new JobPage(await visit(address, device));
        await job.expectPicture(true);
        const left = await job.page.getByRole('region', { name: 'Progress', exact: true }).boundingBox();
        const right = await job.page.getByRole('region', { name: 'Result' }).boundingBox();
        if (left === null || right === null) throw new Error('a panel is missing');
        return { left, right };
      };
      const desktop = await boxes('desktop');
      expect(desktop.right.x).toBe(desktop.left.x + desktop.left.width + 24);
      expect(desktop.right.y).toBe(desktop.left.y);
      const column = (desktop.left.width + desktop.right.width + 24 - 11 * 24) / 12;
      expect(desktop.left.width).toBeCloseTo(5 * column + 4 * 24, 0);
      const phone = await boxes('phone');
      expect(phone.right.x).toBe(phone.left.x);
      expect(phone.right.y).toBeGreaterThan(phone.left.y + phone.left.height);
    },
  );

  browserTest('[A12] colours, type scale and page width are the design’s', async ({ visit }) => {
    const { page } = await visit(stage.url, 'desktop', { viewport: { width: 1600, height: 900 } });
    await page.getByRole('heading', { level: 1, name: 'Generate Images' }).waitFor();
    const look = await page.evaluate(() => {
      const style = (selector: string) => {
        const element = document.querySelector(selector);
        if (element === null) throw new Error(`there is no ${selector}`);
        const { fontSize, lineHeight, color, backgroundColor, width, fontFamily } = getComputedStyle(element);
        return { type: `${fontSize}/${lineHeight}`, color, backgroundColor, width, fontFamily };
      };
      const [h1, h2, body, card, submit] = ['h1', 'h2', 'body', 'main section', 'button[type=submit]'].map(style);
      return { h1, h2, body, card, submit, html: style('html'), main: style('main') };
    });
    expect(look.h1?.type).toBe('28px/32px');
    expect(look.h2?.type).toBe('20px/28px');
    expect(look.body?.type).toBe('14px/20px');
    expect(look.body?.color).toBe('rgb(231, 238, 249)');
    expect(look.body?.fontFamily).toContain('Inter');
    expect(look.html.backgroundColor).toBe('rgb(11, 18, 32)');
    expect(look.card?.backgroundColor).toBe('rgb(17, 27, 46)');
    expect(look.submit?.backgroundColor).toBe('rgb(79, 140, 255)');
    expect(look.main.width).toBe('1200px');
  });
});
