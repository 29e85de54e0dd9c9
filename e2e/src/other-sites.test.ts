import { readFigures } from '@darkroom/server/src/testing/metrics-reader.ts';
import { describe, expect, onTestFinished } from 'vitest';
import { newPrompt } from './harness/api.ts';
import { browserTest } from './harness/browser-test.ts';
import { HomePage } from './harness/home-page.ts';
import { type Attack, attack, startHostileSite, type Vector } from './harness/hostile-site.ts';
import { type Stage, startStage } from './harness/stage.ts';
import { eventually } from './harness/until.ts';

/** A name of the server in its network. Over http it is no secure address: browsers send it no Fetch Metadata. */
const NAS = 'nas.test';

async function start() {
  const [stage, site] = [await startStage({ ALLOWED_HOSTS: NAS }, { concurrency: 1 }), await startHostileSite()];
  onTestFinished(async () => {
    await site.close();
    await stage.close();
  });
  return { stage, site };
}

/** Every way to every request that has an effect and that a page can send, at the server's address. */
function attacksOn(target: string, jobId: string): readonly Attack[] {
  let count = 0;
  const generate = (path: string, vector: Vector): Attack => ({
    vector,
    url: `${target}${path}?prompt=${vector}-${count++}`,
  });
  const byGet = [
    'image',
    'image without referrer',
    'script',
    'frame',
    'prefetch',
    'blind fetch',
    'EventSource',
    'form',
  ] as const;
  const byPost = ['blind fetch', 'beacon', 'form', 'form of text', 'form with files'] as const;
  const acts = [
    '/api/jobs',
    '/api/jobs/cancel-mine',
    `/api/jobs/${jobId}/cancel`,
    '/api/conversations',
    '/api/uploads',
    '/api/identity/link',
    '/image/generate',
  ];
  return [
    ...byGet.map((vector) => generate('/api/generate', vector)),
    ...byGet.filter((vector) => vector !== 'form').map((vector) => generate('/api/%67enerate', vector)),
    ...acts.flatMap((path) => byPost.map((vector): Attack => ({ vector, url: target + path, method: 'POST' }))),
    { vector: 'WebSocket', url: `${target}/ws` },
  ];
}

/** Requests that the server has refused with 403. */
async function countRefused({ url }: Stage): Promise<number> {
  const figures = Object.entries(await readFigures(url, 'http_'));
  return figures.filter(([name]) => name.includes('status="403"')).reduce((sum, [, count]) => sum + count, 0);
}

async function stateOf({ url }: Stage) {
  const response = await fetch(`${url}/api/jobs`);
  const { jobs }: { jobs: { id: string; status: string }[] } = await response.json();
  return jobs.map(({ id, status }) => [id, status]);
}

describe('[O2] a hostile page', () => {
  const PAIRS: readonly [string, string, string][] = [
    ['on another site', '127.0.0.1', 'evil.test'],
    ['on another port', '127.0.0.1', '127.0.0.1'],
    ['on another site, without Fetch Metadata', NAS, 'evil.test'],
    ['on another port, without Fetch Metadata', NAS, NAS],
  ];
  for (const [where, target, attacker] of PAIRS)
    browserTest(`${where} creates, changes and cancels nothing, in whatever way it asks`, async ({ prepare }) => {
      const { stage, site } = await start();
      const own = `http://${target}:${new URL(stage.url).port}`;
      const { page, context } = await prepare();
      // The user has been here: the browser has a cookie, a job that runs and one that waits.
      await page.goto(own);
      const ids: string[] = await page.evaluate(
        async (prompts) => {
          const made = prompts.map(async (prompt) => {
            const headers = { 'content-type': 'application/json' };
            const response = await fetch('/api/jobs', { method: 'POST', headers, body: JSON.stringify({ prompt }) });
            return (await response.json()).job.id;
          });
          return Promise.all(made);
        },
        [newPrompt(), newPrompt()],
      );
      await eventually(async () => (await stateOf(stage)).map(([, status]) => status).sort()).toEqual([
        'queued',
        'running',
      ]);
      const before = await stateOf(stage);
      expect(await context.cookies(own)).toHaveLength(1);

      await page.goto(`http://${attacker}:${site.port}/`);
      const attacks = attacksOn(own, ids[1] ?? '');
      await page.evaluate(attack, attacks);
      // Each has come, and was refused.
      await eventually(() => countRefused(stage)).toBe(attacks.length);
      expect(await stateOf(stage)).toEqual(before);

      await page.goto(own);
      const mine = await page.evaluate(async () => {
        const read = async (path: string) => (await fetch(path)).json();
        return [await read('/api/conversations'), (await read('/api/jobs?mine=true&state=active')).jobs.length];
      });
      expect(mine).toEqual([{ conversations: [], nextCursor: null }, 2]);
    });

  browserTest('starts nothing by sending the browser on from an address that the user typed', async ({ prepare }) => {
    const { stage, site } = await start();
    const { page } = await prepare();
    for (const host of ['127.0.0.1', NAS]) {
      const target = `http://${host}:${new URL(stage.url).port}/api/generate?prompt=x`;
      const response = await page.goto(`http://evil.test:${site.port}/redirect?to=${encodeURIComponent(target)}`);
      expect([response?.url(), response?.status()]).toEqual([target, 403]);
    }
    expect(await stateOf(stage)).toEqual([]);
  });

  browserTest('reads and embeds nothing', async ({ prepare }) => {
    const { stage, site } = await start();
    const { page } = await prepare();
    const { jobId, run } = await stage.begin();
    run.finish();
    await eventually(async () => (await stateOf(stage))[0]?.[1]).toBe('completed');
    const job = await (await fetch(`${stage.url}/api/jobs/${jobId}`)).json();
    await page.goto(`http://127.0.0.1:${site.port}/`);
    const reached = await page.evaluate(
      async ([base, image]) => {
        const loads = (name: 'img' | 'script', src: string) =>
          new Promise<boolean>((resolve) => {
            const element = document.createElement(name);
            element.onload = () => resolve(true);
            element.onerror = () => resolve(false);
            element.src = src;
            document.body.append(element);
          });
        const read = await fetch(`${base}/api/jobs`, { credentials: 'include' }).then(
          () => true,
          () => false,
        );
        return [
          read,
          await loads('img', base + image),
          await loads('img', `${base}/og.png`),
          await loads('script', `${base}/api/jobs`),
        ];
      },
      [stage.url, job.job.resultUrls[0]],
    );
    expect(reached).toEqual([false, false, false, false]);
  });
});

describe('[O1] a name that points at the server', () => {
  browserTest('shows a page that says what to do', async ({ prepare }) => {
    const { stage } = await start();
    const { page } = await prepare('desktop', { locale: 'tr-TR' });
    const response = await page.goto(`http://rebound.test:${new URL(stage.url).port}/jobs/x`);
    expect(response?.status()).toBe(421);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Bilinmeyen alan adı');
    expect(await page.getByText('ALLOWED_HOSTS=rebound.test').count()).toBe(1);
  });

  browserTest('gives the scripts of a page that was loaded before it did nothing', async ({ prepare }) => {
    // The same name and port lead to the hostile site first, and to the server then.
    const site = await startHostileSite();
    const { page } = await prepare();
    await page.goto(`http://rebound.test:${site.port}/`);
    await site.close();
    const stage = await startStage({ PORT: String(site.port) });
    onTestFinished(() => stage.close());
    const { jobId } = await stage.begin();
    const before = await stateOf(stage);
    const answers = await page.evaluate(async (id) => {
      const status = async (path: string, method = 'GET') => (await fetch(path, { method })).status;
      const opened = await new Promise<boolean>((resolve) => {
        const socket = new WebSocket(`ws://${location.host}/ws`);
        socket.onopen = () => resolve(true);
        socket.onerror = () => resolve(false);
      });
      const reads = [await status('/api/jobs'), await status(`/api/jobs/${id}`), await status('/metrics')];
      const acts = [await status('/api/jobs', 'POST'), await status(`/api/jobs/${id}/cancel`, 'POST')];
      return [...reads, ...acts, await status('/api/generate?prompt=x'), opened];
    }, jobId);
    expect(answers).toEqual([421, 421, 421, 421, 421, 421, false]);
    expect(await stateOf(stage)).toEqual(before);
  });
});

describe('[O2] the own page', () => {
  browserTest('works without Fetch Metadata, and within its content security policy', async ({ prepare }) => {
    const { stage } = await start();
    const visit = await prepare();
    const { page } = visit;
    await page.goto(`http://${NAS}:${new URL(stage.url).port}/`);
    const home = new HomePage(visit);
    const prompt = newPrompt();
    await home.prompt.fill(prompt);
    await home.generate.click();
    await page.waitForURL('**/jobs/*');
    (await stage.backend.run(prompt)).finish();
    await page
      .getByRole('img', { name: `Generated image for “${prompt}”` })
      .first()
      .waitFor();
    await visit.settled();
    expect(await visit.violations()).toEqual([]);
    const started = newPrompt();
    const stream = page.evaluate(async (text) => {
      const source = new EventSource(`/api/generate?prompt=${encodeURIComponent(text)}`);
      const last = await new Promise((resolve) => {
        source.onmessage = ({ data }) => {
          if (data === '[DONE]') resolve(data);
        };
        source.onerror = () => resolve('error');
      });
      source.close();
      return last;
    }, started);
    (await stage.backend.run(started)).finish();
    expect(await stream).toBe('[DONE]');
  });
});
