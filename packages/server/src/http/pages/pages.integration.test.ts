import type { Job } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { ProviderError } from '../../provider-error.ts';
import { expectError, postAction, postJob, startManual } from '../../testing/api.ts';
import { eventually } from '../../testing/eventually.ts';
import { JPEG } from '../../testing/manual-provider.ts';
import { tempFolder } from '../../testing/temp-folder.ts';
import { createWebFolder } from '../../testing/web-folder.ts';

const BASE = 'https://darkroom.example';
const HTML = { headers: { accept: 'text/html' } };

/** A server with a built web app of one page and one asset. */
async function startWithPages(environment = {}) {
  return startManual({ PUBLIC_URL: BASE, ...environment }, { webRoot: await createWebFolder() });
}

/** The content of a head's tag, still escaped. */
const meta = (html: string, name: string) =>
  new RegExp(`<meta (?:property|name)="${name}" content="([^"]*)">`).exec(html)?.[1];
const title = (html: string) => /<title>(.*)<\/title>/.exec(html)?.[1];

describe('Pages', () => {
  it.each([
    ['/', 'Generate Images', 'Start an image generation job and track it live.'],
    ['/chat', 'Chat', 'Talk to your generator: pictures appear in the conversation as they are made.'],
    ['/history', 'History', 'Every picture made here, newest first.'],
    ['/status', 'Status', 'How the server and its backends are doing, as it happens.'],
    ['/docs', 'API Docs', 'Create jobs and watch them live from your own code.'],
  ])('[A13] %s has its own title, description and Open Graph tags', async (path, expectedTitle, description) => {
    const { url } = await startWithPages();
    const response = await fetch(`${url}${path}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const html = await response.text();
    expect(title(html)).toBe(expectedTitle);
    expect(meta(html, 'description')).toBe(description);
    expect(meta(html, 'og:title')).toBe(expectedTitle);
    expect(meta(html, 'og:description')).toBe(description);
    expect(meta(html, 'og:url')).toBe(`${BASE}${path}`);
    expect(meta(html, 'og:image')).toBe(`${BASE}/og.png`);
    expect(html).not.toContain('<!--head-->');
    expect(html).toContain('<body>app</body>');
  });

  it.each([
    [{ 'accept-language': 'tr-TR,tr;q=0.9,en;q=0.8' }, 'tr'],
    [{ 'accept-language': 'de, en;q=0.3, tr;q=0.7' }, 'tr'],
    [{ 'accept-language': 'en-GB,en;q=0.9,tr;q=0.8' }, 'en'],
    [{ 'accept-language': 'tr;q=0, en' }, 'en'],
    [{ 'accept-language': 'tr', cookie: 'a=b; darkroom_language=en' }, 'en'],
    [{ cookie: 'darkroom_language=tr' }, 'tr'],
    [{ cookie: 'darkroom_language="><script>' }, 'en'],
  ])('[A13] [C6] asked with %j, a page is in %s', async (headers, language) => {
    const { url } = await startWithPages();
    const response = await fetch(url, { headers: { 'accept-language': '*', ...headers } });
    const html = await response.text();
    expect(html).toContain(`<html lang="${language}">`);
    expect(title(html)).toBe(language === 'tr' ? 'Görsel Üret' : 'Generate Images');
    expect(meta(html, 'og:locale')).toBe(language === 'tr' ? 'tr_TR' : 'en_GB');
    expect(response.headers.get('vary')).toContain('accept-language, cookie');
  });

  it('[A13] [C6] a job’s page tells its status in the reader’s language', async () => {
    const server = await startWithPages();
    const job = await bring(server, 'running');
    const response = await fetch(`${server.url}/jobs/${job.id}`, { headers: { 'accept-language': 'tr' } });
    const html = await response.text();
    expect(title(html)).toBe('Üretim İlerlemesi');
    expect(meta(html, 'og:description')).toBe('Çalışıyor %40: “a lighthouse”. İşinizin canlı durumu ve sonuçları.');
  });

  it('[M1] the page of a conversation tells nobody whether there is one, and is in no search', async () => {
    const { url } = await startWithPages();
    const response = await fetch(`${url}/chat/${'A'.repeat(22)}`);
    const html = await response.text();
    expect([response.status, title(html), meta(html, 'robots')]).toEqual([200, 'Chat', 'noindex']);
  });

  it('[R12] the page of a link is in no search', async () => {
    const { url } = await startWithPages();
    const response = await fetch(`${url}/link`);
    const html = await response.text();
    const head = [response.status, title(html), meta(html, 'robots')];
    expect(head).toEqual([200, 'Continue on This Device', 'noindex']);
  });

  it.each(['/', '/chat', '/link', '/jobs/none', '/no/such/page'])(
    '[R9] %s brings its reader an identity, once, and is in no shared cache',
    async (path) => {
      const { url } = await startWithPages();
      const first = await fetch(`${url}${path}`, { headers: { accept: 'text/html' } });
      const [cookie = ''] = first.headers.getSetCookie();
      expect(cookie).toMatch(/; HttpOnly; SameSite=Lax$/);
      expect(first.headers.get('cache-control')).toBe('private, no-cache');
      const headers = { accept: 'text/html', cookie: cookie.split(';')[0] ?? '' };
      expect((await fetch(`${url}${path}`, { headers })).headers.getSetCookie()).toEqual([]);
    },
  );

  it('[R9] a page names who is signed in to its app, and nobody where nobody is', async () => {
    const { url } = await startWithPages({ TRUST_PROXY: 'true', USER_HEADER: 'remote-user' });
    const read = async (name: string) => (await fetch(url, { headers: { 'remote-user': name } })).text();
    expect(await read('"><script>')).toContain('<meta name="darkroom:user" content="&quot;&gt;&lt;script&gt;">');
    expect(await read('')).not.toContain('darkroom:user');
  });

  it('[A13] without PUBLIC_URL the address is the request’s', async () => {
    const { url } = await startWithPages({ PUBLIC_URL: '' });
    expect(meta(await (await fetch(`${url}/docs`)).text(), 'og:url')).toBe(`${url}/docs`);
  });

  it.each([
    ['queued', 'Queued'],
    ['running', 'Running 40%'],
    ['uploading', 'Uploading'],
    ['completed', 'Completed'],
    ['failed', 'Failed'],
    ['cancelled', 'Cancelled'],
  ] as const)('[A13] the page of a %s job says so, and shows its newest picture', async (status, words) => {
    const server = await startWithPages();
    const job = await bring(server, status);
    const html = await (await fetch(`${server.url}/jobs/${job.id}`)).text();
    expect(title(html)).toBe('Generation Progress');
    expect(meta(html, 'og:description')).toBe(
      `${words}: “a lighthouse”. Live status updates and results for your job.`,
    );
    expect(meta(html, 'og:url')).toBe(`${BASE}/jobs/${job.id}`);
    expect(meta(html, 'og:image')).toBe(`${BASE}${job.resultUrls?.[0] ?? job.previewUrl ?? '/og.png'}`);
    if (status !== 'queued') expect(meta(html, 'og:image')).toContain(`/api/jobs/${job.id}/`);
    expect(meta(html, 'robots')).toBe('noindex');
  });

  it.each(['"><script>alert(1)</script>', "</title><img src=x onerror='a()'>", '$& $1 $` &amp; "quotes"'])(
    '[A13] a prompt cannot break out of the head: %s',
    async (prompt) => {
      const { url } = await startWithPages();
      const { id } = await postJob(url, prompt);
      const html = await (await fetch(`${url}/jobs/${id}`)).text();
      expect(html).not.toMatch(/<script|<img/);
      const description = meta(html, 'og:description') ?? '';
      const unescaped = description
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&quot;', '"')
        .replaceAll('&#39;', "'")
        .replaceAll('&amp;', '&');
      expect(unescaped).toContain(`“${prompt}”`);
    },
  );

  it('[A13] a long prompt is cut', async () => {
    const { url } = await startWithPages();
    const { id } = await postJob(url, 'word '.repeat(300));
    const html = await (await fetch(`${url}/jobs/${id}`)).text();
    expect(meta(html, 'og:description')?.length).toBeLessThan(260);
    expect(meta(html, 'og:description')).toContain('…”.');
  });

  it.each(['/jobs/unknown', '/jobs/%22%3E%3Cscript%3E', '/nowhere'])(
    '%s is the app’s page with 404, and not for search engines',
    async (path) => {
      const { url } = await startWithPages();
      const response = await fetch(`${url}${path}`, HTML);
      expect(response.status).toBe(404);
      const html = await response.text();
      expect(html).toContain('<body>app</body>');
      expect(html).not.toContain('<script>');
      expect(meta(html, 'robots')).toBe('noindex');
    },
  );

  it('[R6] what is no page is 404 with an error body', async () => {
    const { url } = await startWithPages();
    for (const path of ['/api/nothing', '/assets/gone.js'])
      await expectError(await fetch(`${url}${path}`, HTML), 'NOT_FOUND');
    await expectError(await fetch(`${url}/nowhere`, { headers: { accept: 'image/png' } }), 'NOT_FOUND');
  });

  it('assets are immutable, other files for an hour, the raw template is not given out', async () => {
    const { url } = await startWithPages();
    const cache = async (path: string) => (await fetch(`${url}${path}`)).headers.get('cache-control');
    expect(await cache('/assets/app-1.js')).toBe('public, max-age=31536000, immutable');
    expect(await cache('/og.png')).toBe('public, max-age=3600');
    expect(await cache('/')).toBe('private, no-cache');
    expect((await fetch(`${url}/index.html`)).status).toBe(404);
    expect((await fetch(`${url}/..%2f..%2fetc%2fpasswd`)).status).toBe(404);
  });

  it('says how to build the web app when it is not there', async () => {
    const { url } = await startManual({}, { webRoot: await tempFolder() });
    expect(await (await fetch(url)).text()).toContain('The web app is not built.');
  });
});

type Server = Awaited<ReturnType<typeof startManual>>;

/** A job in the given state, with a preview as soon as it has run. */
async function bring({ url, provider, log }: Server, status: Job['status']): Promise<Job> {
  const { id } = await postJob(url);
  const run = await provider.nextRun();
  const job = () => {
    const found = log.peek(id)?.job;
    if (found === undefined) throw new Error('no job');
    return found;
  };
  if (status === 'queued') return postJob(url);
  await run.step(2, JPEG);
  await eventually(() => job().previewUrl !== undefined);
  if (status === 'uploading') await log.appendAtHead(id, { type: 'upload' });
  if (status === 'completed') await run.finish();
  if (status === 'failed') run.end(new ProviderError('PROVIDER_TIMEOUT'));
  if (status === 'cancelled') await postAction(url, id, 'cancel');
  await eventually(() => job().status === status);
  return job();
}
