import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { skipReason } from '@darkroom/server/src/testing/machine.ts';
import { startBrowser } from './harness/chromium.ts';
import { ROOT } from './harness/folders.ts';

interface Project {
  provide(key: 'browserEndpoint', value: string | undefined): void;
  provide(key: 'webRoot', value: string): void;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the run's browser is; undefined: its tests are skipped. */
    browserEndpoint: string | undefined;
    /** Folder of the web app under test: a copy, so that a build in mid-run pulls no file from under a page. */
    webRoot: string;
  }
}

/** Builds the web app if its sources have changed, by the script that `npm start` uses. */
async function buildWebApp(): Promise<void> {
  const script = new URL('../../scripts/setup/web-app.js', import.meta.url).href;
  const setup: { buildWebApp(runtime: string): Promise<void> } = await import(script);
  await setup.buildWebApp(process.execPath);
}

/** Before the first browser test: the web app, and one browser for all. */
export default async function setUp(project: Project): Promise<() => Promise<void>> {
  for (const program of ['chromium', 'nginx'] as const) {
    const reason = skipReason(program);
    if (reason !== undefined) console.warn(`Browser tests that need ${program} are skipped: ${reason}.`);
  }
  const wanted = skipReason('chromium') === undefined;
  if (wanted) await buildWebApp();
  const webRoot = await mkdtemp(join(tmpdir(), 'darkroom-web-'));
  if (wanted) await cp(join(ROOT, 'packages', 'web', 'dist'), webRoot, { recursive: true });
  project.provide('webRoot', webRoot);
  const browser = wanted ? await startBrowser() : undefined;
  project.provide('browserEndpoint', browser?.wsEndpoint());
  return async () => {
    await browser?.close();
    await rm(webRoot, { recursive: true, force: true });
  };
}
