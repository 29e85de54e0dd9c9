import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';
import { sleep } from '../clock.ts';

/** Time for what a page loads after its load event, lazily. */
const SETTLE_MS = 2_000;

/** Debian's Chromium, spoken to in its own debugging protocol. */
export interface Browser {
  /** Addresses of the scripts that a page loads into an empty cache. */
  scriptsOf(url: string): Promise<string[]>;
  close(): Promise<void>;
}

export async function openBrowser(): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'darkroom-chromium-'));
  const flags = ['--headless=new', '--no-sandbox', '--remote-debugging-port=0', `--user-data-dir=${profile}`];
  const child = spawn('chromium', [...flags, 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'] });
  await once(child, 'spawn');
  let address = '';
  for await (const line of createInterface(child.stderr)) {
    address = /^DevTools listening on (ws:\S+)/.exec(line)?.[1] ?? '';
    if (address !== '') break;
  }
  child.stderr.resume();
  return {
    scriptsOf: (url) => scriptsOf(new URL(address).host, url),
    close: async () => {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function scriptsOf(host: string, url: string): Promise<string[]> {
  const opened = await fetch(`http://${host}/json/new?about:blank`, { method: 'PUT' });
  const { webSocketDebuggerUrl } = (await opened.json()) as { webSocketDebuggerUrl: string };
  const page = new WebSocket(webSocketDebuggerUrl);
  await once(page, 'open');
  const scripts = new Set<string>();
  const loaded = new Promise<void>((resolve) => {
    page.on('message', (data) => {
      const { method, params } = JSON.parse(String(data));
      if (method === 'Network.responseReceived' && params.type === 'Script') scripts.add(params.response.url);
      if (method === 'Page.loadEventFired') resolve();
    });
  });
  const say = (id: number, method: string, params = {}) => page.send(JSON.stringify({ id, method, params }));
  say(1, 'Network.enable');
  say(2, 'Network.setCacheDisabled', { cacheDisabled: true });
  say(3, 'Page.enable');
  say(4, 'Page.navigate', { url });
  await loaded;
  await sleep(SETTLE_MS);
  say(5, 'Page.close');
  page.terminate();
  return [...scripts];
}
